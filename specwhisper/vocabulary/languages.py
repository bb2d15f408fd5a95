"""The languages Whisper knows, in the order of their special tokens.

The order is part of the vocabulary: the id of ``<|xx|>`` is the start-of-transcript id + 1 + its index.
Vocabularies before large-v3 lack the last one, Cantonese. (Whisper paper, appendix E; openai/whisper.)
"""

from __future__ import annotations

from collections.abc import Sequence

from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.vocabulary.language_tags import code_of_tag

# fmt: off
LANGUAGES: dict[str, str] = {
    "en": "English", "zh": "Chinese", "de": "German", "es": "Spanish", "ru": "Russian", "ko": "Korean",
    "fr": "French", "ja": "Japanese", "pt": "Portuguese", "tr": "Turkish", "pl": "Polish", "ca":
    "Catalan", "nl": "Dutch", "ar": "Arabic", "sv": "Swedish", "it": "Italian", "id": "Indonesian",
    "hi": "Hindi", "fi": "Finnish", "vi": "Vietnamese", "he": "Hebrew", "uk": "Ukrainian", "el":
    "Greek", "ms": "Malay", "cs": "Czech", "ro": "Romanian", "da": "Danish", "hu": "Hungarian", "ta":
    "Tamil", "no": "Norwegian", "th": "Thai", "ur": "Urdu", "hr": "Croatian", "bg": "Bulgarian", "lt":
    "Lithuanian", "la": "Latin", "mi": "Maori", "ml": "Malayalam", "cy": "Welsh", "sk": "Slovak", "te":
    "Telugu", "fa": "Persian", "lv": "Latvian", "bn": "Bengali", "sr": "Serbian", "az": "Azerbaijani",
    "sl": "Slovenian", "kn": "Kannada", "et": "Estonian", "mk": "Macedonian", "br": "Breton", "eu":
    "Basque", "is": "Icelandic", "hy": "Armenian", "ne": "Nepali", "mn": "Mongolian", "bs": "Bosnian",
    "kk": "Kazakh", "sq": "Albanian", "sw": "Swahili", "gl": "Galician", "mr": "Marathi", "pa":
    "Punjabi", "si": "Sinhala", "km": "Khmer", "sn": "Shona", "yo": "Yoruba", "so": "Somali", "af":
    "Afrikaans", "oc": "Occitan", "ka": "Georgian", "be": "Belarusian", "tg": "Tajik", "sd": "Sindhi",
    "gu": "Gujarati", "am": "Amharic", "yi": "Yiddish", "lo": "Lao", "uz": "Uzbek", "fo": "Faroese",
    "ht": "Haitian Creole", "ps": "Pashto", "tk": "Turkmen", "nn": "Nynorsk", "mt": "Maltese", "sa":
    "Sanskrit", "lb": "Luxembourgish", "my": "Myanmar", "bo": "Tibetan", "tl": "Tagalog", "mg":
    "Malagasy", "as": "Assamese", "tt": "Tatar", "haw": "Hawaiian", "ln": "Lingala", "ha": "Hausa",
    "ba": "Bashkir", "jw": "Javanese", "su": "Sundanese", "yue": "Cantonese",
}
# fmt: on

ALIASES = {
    "burmese": "my",
    "valencian": "ca",
    "flemish": "nl",
    "haitian": "ht",
    "letzeburgesch": "lb",
    "pushto": "ps",
    "panjabi": "pa",
    "moldavian": "ro",
    "moldovan": "ro",
    "sinhalese": "si",
    "bokmål": "no",
    "castilian": "es",
    "farsi": "fa",
    "filipino": "tl",
    "mandarin": "zh",
}


def language_code(language: str) -> str:
    """The Whisper code of a language, in any case.

    Args:
        language: a code (``nl``, ``nld``), an English name, a BCP 47 tag (``pt-BR``, ``zh-Hant``) or a
            locale (``zh_CN.UTF-8``), of which script and region are left aside.

    Raises:
        OptionError: there is no such language.
    """
    wanted = str(language).strip().lower()
    if wanted in LANGUAGES:
        return wanted
    for code, name in LANGUAGES.items():
        if name.lower() == wanted:
            return code
    found = ALIASES.get(wanted) or code_of_tag(wanted, frozenset(LANGUAGES))
    if found:
        return found
    raise OptionError(
        f"Unknown language '{shown(str(language))}': give a code such as 'en', or an English name such as "
        "'Dutch'."
    )


def which_languages(
    language: str | None, languages: str | Sequence[str]
) -> tuple[str | None, tuple[str, ...]]:
    """The code of the language that is spoken, if it is known, else those of the ones it may be.

    Args:
        language: as :func:`language_code`; None where it has to be detected.
        languages: the ones to choose from, as such or in a text with commas; any when empty.

    Raises:
        OptionError: one of them does not exist, or both are given.
    """
    among = languages.split(",") if isinstance(languages, str) else languages
    codes = tuple(dict.fromkeys(language_code(each) for each in among if each.strip()))
    if language is not None and codes:
        raise OptionError("Give the language, or several to choose from, not both.")
    if language is not None:
        return language_code(language), ()
    return (codes[0], ()) if len(codes) == 1 else (None, codes)
