"""The bAbI format: what is read, and what is refused with file and line."""

import bz2
import gzip
import io
import lzma
import random
import re
import string
import tarfile
import zipfile
from dataclasses import replace

import pytest

from tests.helpers import small_babi as writer
from tasks import babi
from tasks.errors import UserError

STORY = ("1 Nora lifted the lamp.\n"
         "2 Ivan strolled to the attic.\n"
         "3 Where is Ivan?\tattic\t2\n"
         "4 Nora strolled to the porch.\n"
         "5 Where is the lamp?\tPorch\t4 1\n"
         "1 Tess holds an atlas.\n"
         "2 What does Tess hold?\tatlas,lamp\t1\n")


def read(tmp_path, text):
    path = tmp_path / "qa.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return babi.read(path)


def test_questions_see_the_statements_before_them(tmp_path):
    first, second, third = read(tmp_path, STORY)
    assert [statement.text for statement in first.statements] == [
        "Nora lifted the lamp.", "Ivan strolled to the attic."]
    assert first.statements[1].words == ("ivan", "strolled", "to", "the", "attic")
    assert (first.text, first.words) == ("Where is Ivan?", ("where", "is", "ivan"))
    assert (first.story, first.line, third.story, third.line) == (0, 3, 1, 7)
    # The first question is no statement of the second; ids count it, positions do not.
    assert len(second.statements) == 3
    assert third.statements[0].text == "Tess holds an atlas."


def test_supports_keep_the_files_order(tmp_path):
    assert [question.supports for question in read(tmp_path, STORY)] == [(1,), (2, 0), (0,)]


def test_answers_are_one_class_in_lower_case(tmp_path):
    assert [question.answer for question in read(tmp_path, STORY)] == [
        "attic", "porch", "atlas,lamp"]
    assert read(tmp_path, "1 a b.\n2 c?\tgo north\t1\n")[0].answer == "go north"


@pytest.mark.parametrize("change", [
    lambda text: text.replace("\n", "\r\n"), lambda text: text.rstrip("\n"),
    lambda text: text.replace("\n", "\r\n").rstrip("\r\n"), lambda text: "\ufeff" + text,
    lambda text: text.replace(" \t", "\t").replace("\t", " \t"),
    lambda text: text.replace("\n", " \n"), lambda text: text.replace("\n", "\r\r\n"),
    lambda text: text.replace("\n", "\u00a0\n"),
    lambda text: "\ufeff\ufeff" + text.replace("\n1", "\n\ufeff1"),
    lambda text: re.sub(r"^(\d) ", "\\1\u00a0", text, flags=re.M),
    lambda text: re.sub(r"^(\d) ", "\\1\u3000", text, flags=re.M),
    lambda text: re.sub(r"^", " \u3000", text, flags=re.M)],
    ids=["crlf", "no final newline", "crlf, no final newline", "byte order mark",
         "space before tab", "space at the end", "carriage returns doubled",
         "no-break space at the end", "two files in one, each with its mark",
         "no-break space behind ids", "ideographic space behind ids", "indented"])
def test_harmless_differences_read_alike(tmp_path, change):
    assert read(tmp_path, change(STORY)) == read(tmp_path, STORY)


def test_blank_lines_around_stories_are_skipped(tmp_path):
    apart = "\n \t\n" + STORY.replace("1 Tess", "\n\t\n1 Tess") + "\r\n\n"
    assert [replace(q, line=0) for q in read(tmp_path, apart)] == [
        replace(q, line=0) for q in read(tmp_path, STORY)]


@pytest.mark.parametrize("answer", [
    "Attic", "attic.", " attic ", "“attic”", "(attic)", "attic。", "ATTIC!", "attic\u200b"])
def test_an_answer_is_one_class_however_it_is_written(tmp_path, answer):
    assert read(tmp_path, f"1 a b.\n2 c?\t{answer}\t1\n")[0].answer == "attic"


@pytest.mark.parametrize("one, other", [
    ("go  north", "go north."), ("אחד", "\u200fאחד\u200e"), ("café", "cafe\u0301"),
    ("don’t know", "don't\u00a0know")])
def test_blanks_marks_and_composition_make_no_second_answer(tmp_path, one, other):
    answers = {read(tmp_path, f"1 a b.\n2 c?\t{text}\t1\n")[0].answer for text in (one, other)}
    assert len(answers) == 1


@pytest.mark.parametrize("answer", ["...", "c#", "50%", "f(x)", "<silence>", "n,w"])
def test_marks_that_are_the_answer_stay(tmp_path, answer):
    assert read(tmp_path, f"1 a b.\n2 c?\t{answer}\t1\n")[0].answer == answer


@pytest.mark.parametrize("mark", [
    "。", "．", "！", "؟", "۔", "।", "॥", "!", ",", ";", "…", "።", "։", ")", "”", "»", "?!"])
def test_no_mark_at_the_end_of_a_sentence_is_part_of_a_word(tmp_path, mark):
    question = read(tmp_path, f"1 Nora left the attic{mark}\n2 where is Nora{mark}\tattic\n")[0] \
        if "؟" not in mark and "?" not in mark else \
        read(tmp_path, f"1 Nora left the attic.\n2 where is Nora{mark}\tattic\n")[0]
    assert question.statements[0].words == ("nora", "left", "the", "attic")
    assert question.words == ("where", "is", "nora")


def test_words_and_their_marks():
    assert babi.words_of("¿Dónde está «Ana»? C# 50% 'tis a_b <SILENCE> XXXXX ___ :)") == (
        "dónde", "está", "ana", "c#", "50%", "tis", "a_b", "<silence>", "xxxxx", "___")
    assert babi.words_of("E\u0301te\u0301") == babi.words_of("Été")


@pytest.mark.parametrize("quoted", ['"Where is Ivan?"', "“Where is Ivan?” and left.",
                                    '" Where is Ivan ? " and left.', "(who knows?) and left."])
def test_a_statement_may_quote_a_question(tmp_path, quoted):
    question = read(tmp_path, f"1 Nora asked {quoted}\n2 Who asked?\tnora\t1\n")[0]
    assert question.statements[0].words[:2] == ("nora", "asked")


def test_a_story_is_kept_once_however_many_questions_it_has(tmp_path):
    """Questions share their story: reading, and its memory, grow with the file alone."""
    lines = [f"{i} Nora left.\n" if i % 2 else f"{i} Who left?\tnora\n" for i in range(1, 4001)]
    questions = read(tmp_path, "".join(lines))
    told = list(babi.statements_of(questions))
    assert len(told) == len(questions) == 2000
    assert questions[-1].statements[7] is questions[7].statements[7] is told[7]
    assert len(questions[7].statements) == 8 and questions[7].statements[-3:] == tuple(told[5:8])
    assert questions[7].statements == tuple(told[:8]) != questions[8].statements
    assert hash(questions[7].statements) == hash(tuple(told[:8]))


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028",
                                       "\u2029"])
def test_only_a_line_feed_ends_a_line(tmp_path, separator):
    questions = read(tmp_path, STORY.replace("Nora lifted", f"Nora{separator}lifted"))
    assert len(questions) == 3
    assert questions[0].statements[0].words == ("nora", "lifted", "the", "lamp")


def test_supports_and_their_tab_may_be_absent(tmp_path):
    assert read(tmp_path, "1 a b.\n2 c?\td\n")[0].supports == ()
    assert read(tmp_path, "1 a b.\n2 c?\td\t\n")[0].supports == ()


def test_words_of_strips_ends_only():
    assert babi.words_of("Mr.Ivan  went, to U.S. . ok?") == ("mr.ivan", "went", "to", "u.s", "ok")


@pytest.mark.parametrize("text, line, said", [
    ("1 a.\n\n2 b?\tc\t1\n", 2, "an empty line inside a story"),
    ("1 a.\n   \n\n2 b?\tc\t1\n", 2, "an empty line inside a story"),
    ("Nora lifted.\n", 1, "where a line id is expected"),
    ("1\n", 1, "without words"),
    ("1 .\n", 1, "without words"),
    ("1\ta.\n", 1, "a tab behind id 1, where a line id is expected to have a blank"),
    ("\t1 a.\n", 1, r"starts with '\\t1 a.' where a line id is expected"),
    ("1. a.\n", 1, "starts with '1.' where a line id is expected"),
    ("id text\n1 a.\n", 1, "starts with 'id' where a line id is expected"),
    ("1 a.\n2 b? c\t1\n", 2, r"words behind the '\?' and '1' for an answer"),
    ("1 a.\n2 b?\tc\t1,1\n", 2, "supporting fact '1,1' is no line id; blanks divide several"),
    ("1 a.\n2 b\0.\n", 2, "a NUL character"),
    ("-1 a.\n", 1, "where a line id is expected"),
    ("0 a.\n", 1, "where a line id is expected"),
    ("01 a.\n", 1, "where a line id is expected"),
    ("² a.\n", 1, "where a line id is expected"),
    ("1" * 5000 + " a.\n", 1, "where a line id is expected"),
    ("2 a.\n", 1, "id 2 where 1 is expected"),
    ("1 a.\n3 b.\n", 2, r"id 3 where 2 \(or 1, a new story\) is expected"),
    ("1 a.\n2 b.\n2 c.\n", 3, "id 2 where 3"),
    ("1 a.\n2 what is b?\n", 2, "a question without a tab and an answer; put a tab and"),
    ("1 a.\n2 what is b?\t\n", 2, "a question without an answer; put a tab and the answer"),
    ("1 a.\n2 b? c 1\n", 2, "a question without a tab and an answer"),
    ("1 a.\n2 Ann asked where is b? and left.\n", 2, "needs quotation marks"),
    ("1 a.\n2 in the XXXXX    c    1\n", 2, "have tabs become blanks"),
    ("1 a.\n2 d.\n3 in the XXXXX\tc   1 2\n", 3, "have tabs become blanks"),
    ("1 a.\t\n", 1, "a tab at the end of the line and no answer"),
    ("1 a.\n2 b?\tc\t1\t\n", 2, "a tab at the end of the line, and nothing behind it"),
    ("1 a.\r2 b.\n", 1, "a CR inside the line"),
    ("1 a.\n2 b?\t\t1\n", 2, "a question without an answer"),
    ("1 a.\n2 ?\tb\t1\n", 2, "a question without words"),
    ("1 a.\n2 b?\tc\t1\t1\n", 2, "4 tab-separated fields"),
    ("1 a.\n2 b?\tc\tx\n", 2, "supporting fact 'x'"),
    ("1 a.\n2 b?\tc\t²\n", 2, "supporting fact '²'"),
    ("1 a.\n2 b?\tc\t" + "9" * 5000 + "\n", 2, "supporting fact '9999"),
    ("1 a.\n2 b?\tc\t2\n", 2, "supporting fact '2'"),  # itself
    ("1 a.\n2 b?\tc\t3\n3 d.\n", 2, "supporting fact '3'"),  # a later statement
    ("1 a.\n2 b?\tc\t1\n3 d?\te\t2\n", 3, "supporting fact '2'"),  # a question
    ("1 a.\n2 b.\n3 c?\td\t2\n1 a.\n2 c?\td\t2\n", 5, "supporting fact '2'"),  # another story
])
def test_malformed_lines_name_file_and_line(tmp_path, text, line, said):
    with pytest.raises(UserError, match=said) as error:
        read(tmp_path, text)
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'qa.txt'}, line {line}: ")
    assert "\n" not in message and len(message) < 400


@pytest.mark.parametrize("content, said", [
    (b"", "no question"), (b"1 a b.\n", "no question"), (b"1 a \xff.\n", "byte 4 is not UTF-8"),
    (b"\x1f\x8b\x08\x00", "not UTF-8"), (b"1 a.\r2 b?\tc\r", "lines end in CR alone"),
    ("1 a.\x852 b?\tc\x85".encode(), r"lines end in U\+0085 alone"),
    ("1 a.\u20282 b?\tc\u2028".encode(), r"lines end in U\+2028 alone"),
    ("1 é.\n".encode("latin-1"), "byte 2 is not UTF-8 text; save the file as UTF-8"),
    ("1 a.\n2 é.\n".encode("latin-1"), "line 2: byte 2 is not UTF-8 text; save the file as UTF-8"),
    *((STORY.encode(code), f"{code[:6].upper()}, not UTF-8 text; save it as UTF-8")
      for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"))])
def test_files_that_are_no_tasks(tmp_path, content, said):
    with pytest.raises(UserError, match=said):
        read(tmp_path, content)


def tarred(text):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("qa.txt")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return packed.getvalue()


def zipped(text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("qa.txt", text)
    return packed.getvalue()


@pytest.mark.parametrize("pack, name", [
    (gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz"), (tarred, "tar"),
    (zipped, "zip"), (lambda text: gzip.compress(tarred(text)), "gzip")])
def test_a_packed_file_is_called_what_it_is(tmp_path, pack, name):
    with pytest.raises(UserError, match=f"an? {name} file, not UTF-8 text; unpack it") as error:
        read(tmp_path, pack(STORY.encode()))
    assert "\n" not in str(error.value)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        babi.read(tmp_path / "none.txt")
    with pytest.raises(UserError, match="cannot be read .*name a file in it"):
        babi.read(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        babi.read("a\0b")


def permuted(text, alphabet):
    """`text` with its letters renamed, as in the release's shuffled folder."""
    return text.translate(str.maketrans(alphabet + alphabet.upper(),
                                        string.ascii_lowercase + string.ascii_uppercase))


def shuffled_alphabet(seed):
    letters = list(string.ascii_lowercase)
    random.Random(seed).shuffle(letters)
    return "".join(letters)


def assert_same_but_for_letters(path, copy):
    alphabet = shuffled_alphabet(1)
    copy.write_bytes(permuted(path.read_bytes().decode(), alphabet).encode())
    plain, other = babi.read(path), babi.read(copy)
    assert len(plain) == len(other)
    for ours, theirs in zip(plain, other):
        assert (ours.supports, ours.story, ours.line) == (
            theirs.supports, theirs.story, theirs.line)
        assert permuted(ours.answer, alphabet) == theirs.answer
        assert permuted(" ".join(ours.words), alphabet) == " ".join(theirs.words)
        assert [len(statement.words) for statement in ours.statements] == [
            len(statement.words) for statement in theirs.statements]


def test_any_letters_read_alike(tmp_path, small_babi):
    place = small_babi / "tasks_1-20_v1-2" / "en"
    for task in writer.STORIES:
        assert_same_but_for_letters(place / babi.file_name(task, "train"), tmp_path / "copy.txt")


def test_other_scripts_than_latin(tmp_path):
    question = read(tmp_path, "1 मैरी बगीचे में गयी.\n2 मैरी कहाँ है?\tबगीचा\t1\n")[0]
    assert question.words == ("मैरी", "कहाँ", "है") and question.answer == "बगीचा"


def test_small_fixture_is_the_same_bytes_each_time(tmp_path, small_babi):
    copy = writer.write(tmp_path)
    for path in sorted(small_babi.rglob("*.txt")):
        assert path.read_bytes() == (copy / path.relative_to(small_babi)).read_bytes()
        assert len(babi.read(path)) == (40 if path.name.endswith("train.txt") else 20)


@pytest.mark.official
@pytest.mark.exhaustive
def test_every_official_file_reads_and_so_does_a_letter_permuted_copy(tmp_path, official_data):
    root = official_data if official_data.name == "tasks_1-20_v1-2" else (
        official_data / "tasks_1-20_v1-2")
    for task in babi.TASK_NAMES:
        for split in ("train", "test"):
            path = root / "en" / babi.file_name(task, split)
            assert_same_but_for_letters(path, tmp_path / "copy.txt")
            assert len(babi.read(path)) == 1000
