"""Languages by script: which language letters are of, other than Han characters.

Most scripts have one. Of the others, letters or frequent words that one language alone has decide.
"""

from __future__ import annotations

import re

# Scripts that one language has, or nearly so.
_OF_SCRIPT = {
    "Kana": "ja", "Hang": "ko", "Bopo": "zh", "Grek": "el", "Armn": "hy", "Syrc": "syr",
    "Thaa": "dv", "Nkoo": "nqo", "Guru": "pa", "Gujr": "gu", "Orya": "or", "Taml": "ta",
    "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thai": "th", "Laoo": "lo",
    "Tibt": "bo", "Mymr": "my", "Geor": "ka", "Ethi": "am", "Cher": "chr", "Khmr": "km",
    "Mong": "mn-Mong", "Tale": "tdd", "Talu": "khb", "Java": "jv-Java", "Bali": "ban-Bali",
    "Yiii": "ii", "Lisu": "lis",
}  # fmt: skip

# The first language of which a letter is found, and of which none is that excludes it.
_OF_LETTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "Cyrl": (
        ("kk", "[қғәұһҚҒӘҰ]"), ("tg", "[ҷӣӯ]"), ("mn", "[өүӨҮ]"), ("be", "[ўЎ]"),
        ("uk", "[їєґЇЄҐ\u0456\u0406]"), ("mk", "[ѓќѕ]"), ("sr", "[ђљњћџј]"), ("ru", "[ыэёЫЭЁ]"),
        ("bg", "ъ"), ("ru", ""),
    ),
    "Arab": (
        ("ug", "[\u06d0\u06c8\u06c7\u06cb]"), ("ckb", "[\u06ce\u06b5\u0695]"),
        ("ps", "[\u067c\u0689\u0693\u069a\u0681]"), ("ur", "[\u0679\u0688\u0691\u06ba\u06d2]"),
        ("fa", "[\u067e\u0686\u06af\u06cc\u06a9]"), ("ar", ""),
    ),
    "Hebr": (("yi", "[\u05f0-\u05f2]"), ("he", "")),
    "Beng": (("as", "[\u09f0\u09f1]"), ("bn", "")),
    "Deva": (("mr", "\\b(?:आहे|आणि|नाही|होते)\\b"), ("ne", "\\b(?:छ|हरू|गर्न|भएको)\\b"),
             ("hi", "\\b(?:है|हैं|का|की|के|में|और|को|से)\\b")),
}  # fmt: skip

_LATIN_WORDS = {
    "en": "the of and to in is that for it was with as on be at by this are from have not you",
    "fr": "le la les de des et est une que dans pour qui sur pas avec au du ce il elle sont nous",
    "de": "der die das und ist nicht ein eine zu den von mit auf für im dem sich des auch als wird",
    "es": "el la los las de y que en un una es por con para del se no lo como más su está",
    "pt": "o os as de e que em um uma é por com para do da não se como mais dos ao seu são",
    "it": "il lo gli di e che in un una è per con non del della si come più sono alla",
    "nl": "de het een en van is dat niet op te zijn voor met die aan er ook maar",
    "vi": "và là của có không những các được trong cho một với người này đã để khi",
    "id": "yang dan di ini itu dengan untuk dari dalam tidak adalah pada ke akan",
    "tr": "ve bir bu için ile da de olan çok daha gibi kadar ama değil olarak",
    "pl": "i w nie na się że z do jest to jak po co ale od za",
    "cs": "a je se v na že to s z do jako by ale za podle",
    "sv": "och att det i är en som på för av med till den inte har",
}
_WORDS = {language: frozenset(words.split()) for language, words in _LATIN_WORDS.items()}
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_LEAST_WORD_SHARE = 0.12
_VIETNAMESE = re.compile("[ơưđĐƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_VIETNAMESE_SHARE = 0.05


def language_of_script(script: str, text: str) -> str:
    """Return the tag of the language that letters of a script in `text` are of."""
    if script in _OF_SCRIPT:
        return _OF_SCRIPT[script]
    if script == "Latn":
        return _of_latin(text)
    for language, letters in _OF_LETTERS.get(script, ()):
        if re.search(letters, text):
            return language
    return f"und-{script}"


def _of_latin(text: str) -> str:
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    if len(_VIETNAMESE.findall(text)) > _VIETNAMESE_SHARE * sum(map(len, words)):
        return "vi"
    known = {language: sum(map(own.__contains__, words)) for language, own in _WORDS.items()}
    best = max(known, key=lambda language: known[language])
    return best if known[best] >= max(2, _LEAST_WORD_SHARE * len(words)) else "und-Latn"
