import gzip
import io
from datetime import date, datetime

import pytest
import xlsxwriter

from sync.imports.problems import FileRefused
from sync.imports.reading import grid_of


def cells(data: bytes | str) -> list[list[str]]:
    return [row for _, row in grid_of(data.encode() if isinstance(data, str) else data).rows]


def workbook(*rows: list[object], more: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("Data")
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet.write(i, j, value)
        for name in more:
            book.add_worksheet(name).write(0, 0, "x")
    return buffer.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = "\r\n".join(
        delimiter.join(row) for row in (["Name", "Zip", "Note"], ["A", "02134", "x y"], ["B", "02135", ""])
    )
    assert cells(text) == [["Name", "Zip", "Note"], ["A", "02134", "x y"], ["B", "02135", ""]]


def test_commas_inside_texts_do_not_hide_the_semicolons() -> None:
    assert cells("Name;Price\nA, B, C;1,50\nD, E, F;2,50\n") == [
        ["Name", "Price"],
        ["A, B, C", "1,50"],
        ["D, E, F", "2,50"],
    ]


def test_excels_own_sep_line_is_obeyed_and_not_counted() -> None:
    grid = grid_of(b"sep=|\r\nName|Zip\r\nA|02134\r\n")
    assert grid.rows == [(1, ["Name", "Zip"]), (2, ["A", "02134"])]


def test_rows_keep_the_number_a_spreadsheet_shows() -> None:
    grid = grid_of(b'Name,Note\n\n"A","two\nlines"\n,\nB,x\n')
    assert [number for number, _ in grid.rows] == [1, 3, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_names_with_accents_are_read_in_every_usual_encoding(encoding: str) -> None:
    text = "Name,Town\nCafé Müller,Gruyères\nPlain,Boston\n"
    assert cells(text.encode(encoding))[1] == ["Café Müller", "Gruyères"]


def test_old_code_pages_are_told() -> None:
    assert "Windows-1252" in grid_of("Name,Zip\nCafé,02134\n".encode("cp1252")).notes[0]
    assert grid_of(b"Name,Zip\nA,02134\n").notes == []


def test_lines_of_two_encodings_are_read_each_in_its_own() -> None:
    data = "Name,Town\nCafé,A\n".encode() + "Brûlée,B\n".encode("cp1252")
    grid = grid_of(data)
    assert [row[0] for _, row in grid.rows] == ["Name", "Café", "Brûlée"]
    assert "1 line read as Windows-1252 (3)" in grid.notes[0]


def test_bytes_nobody_can_read_are_kept_as_a_mark() -> None:
    data = "Name,Town\nCafé,A\n".encode() + b"Br\x81l,B\n"
    assert cells(data)[2][0] == "Br\ufffdl"


def test_gzip_is_unpacked_and_damage_is_told() -> None:
    packed = gzip.compress(b"Name,Zip\nA,02134\n")
    assert cells(packed)[1] == ["A", "02134"]
    with pytest.raises(FileRefused, match="damaged or cut short"):
        grid_of(packed[:-6])


def test_a_quote_that_is_never_closed_is_told_with_its_row() -> None:
    text = 'Name,Zip,Town\nA,1,x\n"B,2,y\n' + "C,3,z\n" * 20
    with pytest.raises(FileRefused, match="Row 3 opens a quote that is never closed"):
        grid_of(text.encode())


def test_a_workbook_gives_texts_as_an_export_would() -> None:
    data = workbook(
        ["Zip", "UPC", "Text", "Day", "Moment", "Yes", "Price"],
        [2134, 12345678905, "02134", date(2024, 1, 5), datetime(2024, 1, 5, 8, 30), True, 12.5],
    )
    assert cells(data)[1] == ["2134", "12345678905", "02134", "2024-01-05", "2024-01-05 08:30:00", "yes", "12.5"]


def test_a_workbook_keeps_row_numbers_and_tells_of_other_sheets() -> None:
    grid = grid_of(workbook([], [], ["Name"], ["A"], more=("Old", "Older")))
    assert [number for number, _ in grid.rows] == [3, 4]
    assert "Only the first sheet, Data, was read; not Old, Older." in grid.notes


def test_a_damaged_workbook_is_refused_with_a_remedy() -> None:
    with pytest.raises(FileRefused, match="Save it again as XLSX"):
        grid_of(workbook(["Name"], ["A"])[:200])


def test_json_lists_and_json_lines_are_read() -> None:
    wanted = [["name", "zip", "year"], ["A", "02134", ""], ["B", "", "2020"]]
    assert cells('[{"name": "A", "zip": "02134"}, {"name": "B", "zip": null, "year": 2020}]') == wanted
    assert cells('{"name": "A", "zip": "02134"}\n{"name": "B", "year": 2020}\n') == wanted


@pytest.mark.parametrize("text", ["", "\n\n", "[]", "[1, 2]", "[{]"])
def test_a_file_without_rows_is_refused(text: str) -> None:
    with pytest.raises(FileRefused):
        grid_of(text.encode())
