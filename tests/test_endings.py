"""What counts as a recording in a folder: FFmpeg's endings, and no text, picture, subtitle or playlist."""

from __future__ import annotations

import pytest

from specwhisper.endings import is_recording, recording_endings

COUNT = """
wav flac mp3 m4a m4b aac ogg oga opus wma aiff aif aifc au caf amr ac3 mka w64 mp4 m4v mkv mov webm
avi wmv flv mpg mpeg ts 3gp mts m2ts vob mpga ogv 3g2 g722 wv tta spx weba ape mpc gsm voc rm ra mp2
dts eac3 sph nist awb wave mxf asf f4v aa3 tak shn dss sln
"""
DO_NOT = """
txt srt vtt ass ssa sub idx lrc ttml sup smi jpg jpeg png gif bmp webp heic avif ico tif m3u m3u8 pls mpd xspf
asx json xml md pdf py rs js vb v nfo html zip csv part tmp h264 hevc yuv y4m dat
"""


@pytest.mark.parametrize("ending", COUNT.split())
def test_what_people_record_with_counts(ending: str) -> None:
    assert is_recording(f"talk.{ending}")
    assert is_recording(f"TALK.2.{ending.upper()}")


@pytest.mark.parametrize("ending", DO_NOT.split())
def test_text_pictures_subtitles_and_playlists_do_not(ending: str) -> None:
    assert not is_recording(f"talk.{ending}")


def test_names_without_an_ending_do_not() -> None:
    assert not any(map(is_recording, ("wav", "README", "talk.", "")))
    assert not any("." in ending or ending != ending.lower() for ending in recording_endings())
