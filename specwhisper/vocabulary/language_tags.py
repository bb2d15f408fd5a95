"""Whisper's languages as other programs name them: BCP 47 tags, locales and three-letter codes.

Sources: ISO 639-2 and 639-3 (the three-letter codes, and which languages a macrolanguage such as Malay holds;
iso639-3.sil.org), the IANA language subtag registry (codes that were replaced, such as ``iw`` by ``he``;
RFC 5646) and CLDR's language aliases (``fil`` beside ``tl``, ``sh`` beside ``sr``).
"""

from __future__ import annotations

import re

# fmt: off
_OTHER_CODES: dict[str, str] = {
    # Whisper's code: what else means it
    "af": "afr", "am": "amh", "ar": "ara arb ary arz apc", "as": "asm", "az": "aze azj azb", "ba": "bak",
    "be": "bel", "bg": "bul", "bn": "ben", "bo": "bod tib", "br": "bre", "bs": "bos", "ca": "cat",
    "cs": "ces cze", "cy": "cym wel", "da": "dan", "de": "deu ger", "el": "ell gre", "en": "eng",
    "es": "spa", "et": "est ekk", "eu": "eus baq", "fa": "fas per pes prs", "fi": "fin", "fo": "fao",
    "fr": "fra fre", "gl": "glg", "gu": "guj", "ha": "hau", "he": "heb iw", "hi": "hin", "hr": "hrv",
    "ht": "hat", "hu": "hun", "hy": "hye arm", "id": "ind in", "is": "isl ice", "it": "ita", "ja": "jpn",
    "jw": "jav jv", "ka": "kat geo", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "la": "lat",
    "lb": "ltz", "ln": "lin", "lo": "lao", "lt": "lit", "lv": "lav lvs", "mg": "mlg plt", "mi": "mri mao",
    "mk": "mkd mac", "ml": "mal", "mn": "mon khk", "mr": "mar", "ms": "msa may zlm zsm", "mt": "mlt",
    "my": "mya bur", "ne": "nep npi", "nl": "nld dut vls", "nn": "nno", "no": "nor nb nob", "oc": "oci",
    "pa": "pan", "pl": "pol", "ps": "pus pbt pbu", "pt": "por", "ro": "ron rum mo mol", "ru": "rus",
    "sa": "san", "sd": "snd", "si": "sin", "sk": "slk slo", "sl": "slv", "sn": "sna", "so": "som",
    "sq": "sqi alb als", "sr": "srp sh hbs", "su": "sun", "sv": "swe", "sw": "swa swh", "ta": "tam",
    "te": "tel", "tg": "tgk", "th": "tha", "tk": "tuk", "tl": "tgl fil", "tr": "tur", "tt": "tat",
    "uk": "ukr", "ur": "urd", "uz": "uzb uzn", "vi": "vie", "yi": "yid ydd ji", "yo": "yor",
    "zh": "zho chi cmn",
}
# fmt: on
_CODE_OF = {other: code for code, others in _OTHER_CODES.items() for other in others.split()}

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})"
    r"(?P<rest>([-_][a-z0-9]{1,8})*)"  # script, region and more: en-US, zh-Hant, pt_BR
    r"(\.[a-z0-9-]+)?(@[a-z0-9]+)?"  # of a locale: zh_CN.UTF-8, sr_RS@latin
)


def code_of_tag(tag: str, known: frozenset[str]) -> str | None:
    """The code among ``known`` that a tag in lower case means, whatever script and region it adds."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    # "zh-yue" is how Cantonese was written before it had a code of its own (RFC 5646, extended language).
    extended = found["rest"].replace("_", "-").split("-")[1:2]
    for part in (*(part for part in extended if len(part) == 3 and part in known), found["language"]):
        code = _CODE_OF.get(part, part)
        if code in known:
            return code
    return None
