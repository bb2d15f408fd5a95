"""Results as files to download."""

from __future__ import annotations

import shutil
from pathlib import Path

import gradio as gr

from specwhisper.audio.waveform import Waveform
from specwhisper.evaluation.common.document import CLIPS, PAGE, REPORT, RESULTS, Document, write_document
from specwhisper.output.cues import Layout
from specwhisper.output.writers import WRITERS, to_json, write_file
from specwhisper.proofread import Proofread
from specwhisper.results import Comparison, Transcript
from specwhisper.ui.folders import OwnFolder

FORMS = tuple(WRITERS)
REPORTS = (PAGE, REPORT, RESULTS, CLIPS)


class Downloads:
    """Writes result files to a folder of its own, which disappears with the process.

    Gradio copies each file into its cache (and deletes it there after ``cache_seconds``), so only the
    last few originals are kept.
    """

    def __init__(self, keep: int = 8) -> None:
        self._folder = OwnFolder("specwhisper-downloads-")
        self._keep = keep
        self._written: list[Path] = []
        self._count = 0

    def comparison(self, comparison: Comparison, name: str, replay: str = "") -> list[Path]:
        """The whole comparison as JSON, and the page that plays its race, where there is one.

        Args:
            name: the recording's, for the names of the files.
        """
        contents = {"comparison.json": to_json(comparison.to_dict())}
        return self._write(name, contents | ({"replay.html": replay} if replay else {}))

    def transcript(self, transcript: Transcript, name: str) -> list[Path]:
        """The transcript in every form, in the order of ``FORMS``."""
        return self._write(name, {form: WRITERS[form](transcript, Layout()) for form in FORMS})

    def proofread(self, found: Proofread, name: str) -> list[Path]:
        """The corrected captions, in their own form, and everything that was found.

        Args:
            name: of the captions' file.
        """
        ending = found.captions.form
        return self._write(
            name, {f"corrected.{ending}": found.corrected, "differences.json": to_json(found.to_dict())}
        )

    def clip(self, sound: Waveform, name: str, segment: int) -> Path:
        """A part of a recording; ``segment`` counts from 1."""
        path = self._new() / f"{Path(name).stem or 'recording'}.{segment}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        sound.save(path)
        return path

    def report(self, document: Document) -> list[Path]:
        """A benchmark's report, in the order of ``REPORTS``."""
        written = {file.name: file for file in write_document(document, {}, self._new())}
        return [written[name] for name in REPORTS]

    def _write(self, name: str, contents: dict[str, str]) -> list[Path]:
        folder = self._new()
        stem = Path(name).stem or "recording"
        paths = []
        for ending, content in contents.items():
            paths.append(folder / f"{stem}.{ending}")
            write_file(paths[-1], content)
        return paths

    def _new(self) -> Path:
        """A folder for one result; the oldest one leaves."""
        self._count += 1
        folder = self._folder.path / str(self._count)
        self._written.append(folder)
        while len(self._written) > self._keep:
            shutil.rmtree(self._written.pop(0), ignore_errors=True)
        return folder


def transcript_files(prefix: str) -> tuple[gr.Row, tuple[gr.DownloadButton, ...]]:
    """The row of buttons under a transcript, which is hidden until there is one.

    Args:
        prefix: of the elements' ids.
    """
    with gr.Row(visible=False, elem_id=f"{prefix}files", elem_classes="sw-files") as row:
        gr.HTML('<span class="sw-label">Download</span>', min_width=80)
        buttons = tuple(
            gr.DownloadButton(form.upper(), size="md", min_width=72, elem_id=f"{prefix}{form}")
            for form in FORMS
        )
    return row, buttons
