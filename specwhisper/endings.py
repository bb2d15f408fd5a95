"""Which endings of file names mean a recording: those that FFmpeg itself lists, and a few that it does not.

They tell a folder's recordings from its other files. A file that is named may have any ending.
"""

from __future__ import annotations

from functools import lru_cache

# fmt: off
_NO_SOUND = frozenset((
    # pictures
    "a64", "apng", "avif", "fits", "gif", "ico", "image2", "jpegxl_anim", "webp",
    # pictures that move, in a stream without sound
    "apv", "av1", "avs2", "avs3", "bitpacked", "cavsvideo", "cdg", "dirac", "dnxhd", "evc", "filmstrip",
    "h261", "h263", "h264", "hevc", "hxvs", "ingenient", "ipu", "ivf", "m4v", "mjpeg", "mjpeg_2000",
    "mpeg1video", "mpeg2video", "mpjpeg", "obu", "pdv", "rawvideo", "ser", "smjpeg", "v210", "v210x", "vc1",
    "vc1test", "vvc", "yuv4mpegpipe",
    # text, subtitles
    "adf", "aqtitle", "ass", "ffmetadata", "idf", "jacosub", "lrc", "mcc", "microdvd", "mpl2", "mpsub",
    "pjs", "realtext", "sami", "sbg", "scc", "srt", "stl", "subviewer", "subviewer1", "sup", "ttml", "tty",
    "vobsub", "vplayer", "webvtt",
    # lists of other files, and their pieces
    "dash", "hls", "webm_chunk", "webm_dash_manifest",
))
"""FFmpeg's names of formats whose endings do not count."""

_USUALLY_SOMETHING_ELSE = frozenset((
    "302", "acm", "ads", "avif", "bit", "dat", "heic", "heif", "ism", "mca", "mks", "rs", "str", "v", "vb",
    "xl",
))
"""Source code, pictures, data, subtitles: endings that formats with sound have as well, but seldom."""

_UNLISTED = frozenset((
    "3gpp", "awb", "bwf", "divx", "dvr-ms", "f4a", "f4b", "m2p", "m4p", "m4r", "mp1", "mp4v", "mpe", "mpga",
    "mpv2", "mqv", "qt", "rf64", "rmvb", "snd", "tp", "trp", "wave", "weba", "xvid",
))
"""Further names of what FFmpeg reads."""

_ALWAYS = frozenset((
    "3g2", "3gp", "aac", "ac3", "aif", "aifc", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dts", "flac",
    "flv", "g722", "gsm", "m2ts", "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp2", "mp3", "mp4", "mpeg",
    "mpg", "mts", "oga", "ogg", "ogv", "opus", "spx", "ts", "tta", "vob", "w64", "wav", "webm", "wma", "wmv",
    "wv",
))
"""What people bring, whatever parts of FFmpeg are in this build (a demuxer alone often lists no ending)."""
# fmt: on


@lru_cache(maxsize=1)
def recording_endings() -> frozenset[str]:
    """The endings, in lower case, without their dot."""
    from av.format import ContainerFormat, formats_available

    listed: set[str] = set()
    for name in formats_available:
        if not _NO_SOUND.intersection(name.split(",")):
            listed |= {ending.strip().lower() for ending in ContainerFormat(name).extensions}
    return (frozenset(listed) - _USUALLY_SOMETHING_ELSE) | _UNLISTED | _ALWAYS


def is_recording(name: str) -> bool:
    """Whether a file of that name should hold sound."""
    _, dot, ending = name.rpartition(".")
    return bool(dot) and ending.lower() in recording_endings()
