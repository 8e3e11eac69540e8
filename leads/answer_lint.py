"""What is wrong with the answers: with file, line and column, and what to write instead."""

from collections.abc import Collection, Iterator, Sequence

from leads.answer_sheets import AnswerLibrary, AnswerSheet
from leads.findings import Finding, Severity
from leads.flowing import runs_together
from leads.matching import Matcher, surest
from leads.sheets import Sheet
from leads.wording import plain_words, stem
from leads.yaml_text import Path, Source


def check_answers(
    sheets: Sequence[Sheet[AnswerSheet]], colleagues: Collection[str] | None = None, *, only: str | None = None
) -> list[Finding]:
    """All findings about the answers of some files, which are one library.

    Args:
        sheets: the files, read.
        colleagues: ids of our own people who are there; None when that is not known here.
        only: the file whose questions are held against the library; all of them when left out, which takes the square
            of how many answers there are.
    """
    findings = [finding for sheet in sheets for finding in sheet.findings]
    if any(finding.is_error for finding in findings):
        return findings
    read = [(sheet.source, sheet.value) for sheet in sheets if sheet.value is not None]
    findings += _repeated_ids(read)
    findings += _contradicting_synonyms(read)
    findings += _lists_in_one_line(read)
    if colleagues is not None:
        findings += _unknown_experts(read, colleagues)
    if not any(finding.is_error for finding in findings):
        matcher = Matcher(AnswerLibrary(tuple(value for _, value in read)))
        for source, sheet in read:
            if only is None or source.file == only:
                findings += _questions(source, sheet, matcher)
    return findings


_Read = Sequence[tuple[Source, AnswerSheet]]


def _finding(source: Source, path: Path, message: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
    place = source.value_place(path)
    return Finding(source.file, place.line, place.column, severity, message, hint)


def _repeated_ids(read: _Read) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for source, sheet in read:
        for number, answer in enumerate(sheet.answers):
            path: Path = ("answers", number, "id")
            if answer.id in seen:
                yield _finding(
                    source, path, f"the id `{answer.id}` stands in {seen[answer.id]} already", "give it another one"
                )
            seen.setdefault(answer.id, f"{source.file}:{source.value_place(path).line}")


def _contradicting_synonyms(read: _Read) -> Iterator[Finding]:
    """One word can't mean two things; words with the same stem are one word."""
    seen: dict[tuple[str, ...], tuple[Path, str, str]] = {}
    for source, sheet in read:
        for number, group in enumerate(sheet.synonyms):
            path: Path = ("synonyms", number)
            for member in group:
                stems = tuple(stem(word) for word in plain_words(member))
                where, other, first = seen.setdefault(stems, (path, source.file, member))
                if (where, other) != (path, source.file):
                    message = f"`{member}` counts as the same word as `{first}`, which has other synonyms"
                    yield _finding(source, path, message, "put both groups into one, or leave the word out of one")


def _lists_in_one_line(read: _Read) -> Iterator[Finding]:
    for source, sheet in read:
        for number, answer in enumerate(sheet.answers):
            path: Path = ("answers", number, "answer")
            if runs_together(source.at(path)):
                message = f"the list in `{answer.id}` becomes one line, since YAML puts these lines together"
                yield _finding(source, path, message, "write `answer: |`", Severity.WARNING)


def _unknown_experts(read: _Read, colleagues: Collection[str]) -> Iterator[Finding]:
    known = ", ".join(sorted(colleagues))
    for source, sheet in read:
        named: list[tuple[Path, tuple[str, ...]]] = [(("experts",), sheet.experts)]
        named += [(("answers", number, "experts"), answer.experts) for number, answer in enumerate(sheet.answers)]
        for path, experts in named:
            for number, expert in enumerate(experts):
                if expert not in colleagues:
                    message = f"there is no active colleague `{expert}`"
                    yield _finding(source, (*path, number), message, f"known: {known}")


def _questions(source: Source, sheet: AnswerSheet, matcher: Matcher) -> Iterator[Finding]:
    for number, answer in enumerate(sheet.answers):
        at: Path = ("answers", number, "questions")
        asked = answer.questions
        for row, pattern in enumerate(asked.patterns):
            if not any(matcher.fits(answer.id, pattern, example) for example in asked.examples):
                message = f"the pattern fits none of the examples of `{answer.id}`, so nobody knows whether it works"
                yield _finding(source, (*at, "patterns", row), message, "add an example that it fits, or mend it")
        for row, example in enumerate(asked.examples):
            if matcher.excludes(answer.id, example):
                message = f"`unless` of `{answer.id}` excludes this example"
                yield _finding(source, (*at, "examples", row), message, "take the word out of `unless`")
                continue
            ranked = matcher.rank(example)
            if (best := surest(ranked)) is not None and best.found.answer.id == answer.id:
                continue
            other = next(match for match in ranked if match.found.answer.id != answer.id)
            message = f"`{other.found.answer.id}` is asked for by nearly the same words (by: {other.by})"
            hint = "nobody who asks this is answered; write there or here what tells them apart, like `unless`"
            yield _finding(source, (*at, "examples", row), message, hint, Severity.WARNING)
