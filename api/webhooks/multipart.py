"""A multipart form as bytes: each part with its name, its type and its file name, in the charset that it came in."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MOST_PARTS = 500


class MalformedForm(ValueError):
    """The body is no multipart form."""


@dataclass(slots=True)
class Part:
    """A field or a file."""

    headers: dict[str, bytes] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        return self._of_disposition(b"name")

    @property
    def filename(self) -> str:
        return self._of_disposition(b"filename")

    @property
    def is_file(self) -> bool:
        return bool(self.filename)

    @property
    def content_type(self) -> str:
        return parse_options_header(self.headers.get("content-type"))[0].decode("latin-1").lower()

    @property
    def charset(self) -> str | None:
        """The one that it says it is written in."""
        named = parse_options_header(self.headers.get("content-type"))[1].get(b"charset")
        return named.decode("latin-1") if named is not None else None

    def _of_disposition(self, option: bytes) -> str:
        _, options = parse_options_header(self.headers.get("content-disposition"))
        return options.get(option, b"").decode("utf-8", "replace")


class _Reader:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._name = bytearray()
        self._value = bytearray()

    def begin(self) -> None:
        if len(self.parts) >= MOST_PARTS:
            raise MalformedForm(f"it has more than {MOST_PARTS} parts")
        self.parts.append(Part())

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def end(self) -> None:
        self.ended = True


def read_parts(content_type: str | None, body: bytes) -> list[Part]:
    """The parts of a form.

    Raises:
        MalformedForm: it is none, or it broke off.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise MalformedForm("it is no multipart/form-data with a boundary")
    reader = _Reader()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": reader.begin,
            "on_header_field": reader.header_name,
            "on_header_value": reader.header_value,
            "on_header_end": reader.header_end,
            "on_part_data": reader.data,
            "on_end": reader.end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise MalformedForm("it is malformed") from error
    if not reader.ended:
        raise MalformedForm("it broke off")
    return reader.parts
