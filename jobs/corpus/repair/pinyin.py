"""Inlined pinyin: mirrors of news pages that were converted to Traditional write 標(biāo)準(zhǔn).

Every character that the conversion changed is followed by its reading. Only readings behind a
Traditional character go, and only on a page that has several: a Simplified text that explains how
重(chóng)庆 is read keeps it. Where the conversion met a boundary it lost the first byte of a
character: the second, a Latin letter, is all that is left (提升?,F(xiàn)階段 was 提升。現階段).
"""

from __future__ import annotations

import re

from jobs.corpus.text.alphabets import HAN, traditional_characters

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_READING = rf"[(（](?=[a-zü{_TONED}]{{1,6}}[)）])[a-zü]*[{_TONED}][a-zü]*[)）]"
_TONELESS = r"[(（](?:de|le|ma|men|me|ne|ge|zi|er|tou|zhe|bo|li)[)）]"
_ANNOTATION = re.compile(_READING)
_HAN = re.compile(f"[{HAN}]")
_BEHIND = re.compile(f"([{HAN}])(?:{_READING}|{_TONELESS})")
# `。現` is A1 A3 AC 46 in GBK: A1 is lost, A3 AC is `，` and 46 is `F`.
_SHIFTED = re.compile(
    rf"(?<=[{HAN}])[?？]([,:;!?()]|[^\x00-\x7f])([A-Za-z])([(（][a-zü{_TONED}]{{1,6}}[)）])"
)
_ALONE = re.compile(rf"(?<![A-Za-z])([A-Za-z])[(（]([a-zü{_TONED}]{{1,6}})[)）]")
_SEVERAL = 2

# Frequent characters whose second byte in GBK is a letter, each with its reading.
_READ = (
    "發fā 學xué 機jī 業yè 現xiàn 圖tú 婦fù 術shù 課kè 鄉xiāng 衛wèi 歷lì 時shí"
    " 價jià 況kuàng 約yuē 榮róng 無wú 紀jì 給gěi 緊jǐn 組zǔ 滿mǎn 盡jìn 設shè 極jí"
    " 監jiān 裝zhuāng 與yǔ 點diǎn 廳tīng 興xīng 興xìng 別bié 積jī 舉jǔ 協xié"
    " 說shuō 萬wàn 舊jiù 環huán 議yì 縣xiàn 遠yuǎn 黨dǎng 漢hàn 體tǐ 飛fēi 趙zhào"
    " 義yì 選xuǎn 讀dú 銀yín 統tǒng 測cè 難nán 檢jiǎn 遺yí 並bìng 終zhōng 塊kuài"
    " 礙ài 長cháng 長zhǎng 關guān 筆bǐ 罰fá 決jué 換huàn 貿mào 馬mǎ 識shí 齊qí 許xǔ"
    " 豐fēng 維wéi 員yuán 羅luó 慣guàn 擴kuò 險xiǎn 廣guǎng 錢qián 腦nǎo 覺jué"
    " 資zī 結jié 禮lǐ 語yǔ 糧liáng 階jiē 華huá 預yù 連lián 養yǎng 態tài 綠lǜ 際jì"
    " 認rèn 絡luò 辦bàn 續xù 雖suī 輕qīng 損sǔn 歲suì 則zé 醫yī 評píng 製zhì 譽yù"
    " 產chǎn 碼mǎ"
)
_LETTERS = {(chr(entry[0].encode("gbk")[1]), entry[1:]): entry[0] for entry in _READ.split()}

_WIDE = str.maketrans(",:;!?()", "，：；！？（）")
# The second bytes of Chinese punctuation in GBK, and which mark has them most often.
_MARKS = {mark.encode("gbk")[1]: mark for mark in "》《”“、。，：；！？（）"}


def remove_pinyin(text: str) -> str:
    """Remove the readings behind Traditional characters."""
    traditional = traditional_characters()
    annotated = [text[max(it.start() - 1, 0) : it.start()] for it in _ANNOTATION.finditer(text)]
    annotated = [character for character in annotated if _HAN.match(character)]
    converted = sum(map(traditional.__contains__, annotated))
    if converted < _SEVERAL or 2 * converted < len(annotated):
        return text
    text = _ALONE.sub(_restored, _SHIFTED.sub(_unshifted, text))
    return _BEHIND.sub(lambda hit: hit[1] if hit[1] in traditional else hit[0], text)


def _restored(hit: re.Match[str]) -> str:
    """Return the character of which a letter and the reading are left, if it is frequent."""
    return _LETTERS.get((hit[1], hit[2]), hit[0])


def _unshifted(hit: re.Match[str]) -> str:
    """Return the mark and the character of which a mark and a letter are left, if there are."""
    between = hit[1].translate(_WIDE).encode("gbk", "ignore")
    if len(between) != 2:
        return hit[0]
    mark = _MARKS.get(between[0])
    character = bytes([between[1], ord(hit[2])]).decode("gbk", "ignore")
    if mark is None or character not in traditional_characters():
        return hit[0]
    return mark + character + hit[3]
