"""The crawler room, documents: Word and Excel files of the new kind (zip of XML), and Excel's of the old kind."""

from __future__ import annotations

import warnings
from io import BytesIO, StringIO
from typing import Any

from crawler.documents.bounds import Broken, Locked, Meter
from crawler.documents.zipped import opened

CELLS_AT_ONCE = 5_000  # between two looks at the clock
COLUMNS_MAX = 1_000  # of a row
PARAGRAPHS_AT_ONCE = 500


def read_docx(data: bytes, meter: Meter) -> None:
    """Paragraphs and tables in the order of the document."""
    import docx  # noqa: PLC0415 - each library is loaded by the first file of its kind
    from docx.table import Table  # noqa: PLC0415

    with opened(data):
        pass  # its size is bearable
    document = docx.Document(BytesIO(data))
    for done, block in enumerate(document.iter_inner_content()):
        if done % PARAGRAPHS_AT_ONCE == 0 and meter.enough(done // PARAGRAPHS_AT_ONCE, None, "parts"):
            return
        if isinstance(block, Table):
            _read_table(block, meter)
        else:
            meter.add(block.text)


def _read_table(table: Any, meter: Meter) -> None:
    for done, row in enumerate(table.rows):
        if done % PARAGRAPHS_AT_ONCE == 0 and meter.enough(done // PARAGRAPHS_AT_ONCE, None, "parts of a table"):
            return
        cells, seen = [], set()
        for cell in row.cells:
            if cell._tc not in seen:  # noqa: SLF001 - a merged cell is given once for each column it covers
                seen.add(cell._tc)  # noqa: SLF001
                cells.append(" ".join(cell.text.split()))
        meter.add("\t".join(cells).strip())


def read_xlsx(data: bytes, meter: Meter) -> int:
    """The cells of every sheet, row by row; how many sheets there are."""
    import openpyxl  # noqa: PLC0415

    with opened(data):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it cannot keep when it writes; nothing is written
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for done, sheet in enumerate(book.worksheets):
                if meter.enough(done, len(book.worksheets), "sheets"):
                    break
                meter.add(sheet.title)
                sheet.reset_dimensions()  # what the file claims of its size may be anything
                for number, row in enumerate(sheet.iter_rows(values_only=True)):
                    if number % PARAGRAPHS_AT_ONCE == 0 and meter.enough(
                        number // CELLS_AT_ONCE, None, "thousand rows"
                    ):
                        return len(book.worksheets)
                    meter.add(_row(row[:COLUMNS_MAX]))
            return len(book.worksheets)
        finally:
            book.close()


def read_xls(data: bytes, meter: Meter) -> int:
    """The same of the old format."""
    import xlrd  # noqa: PLC0415

    try:
        book = xlrd.open_workbook(file_contents=data, on_demand=True, logfile=StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise Locked from error
        raise Broken(str(error)[:200]) from error
    with book:
        for done in range(book.nsheets):
            if meter.enough(done, book.nsheets, "sheets"):
                break
            sheet = book.sheet_by_index(done)
            meter.add(sheet.name)
            for number in range(sheet.nrows):
                if number % PARAGRAPHS_AT_ONCE == 0 and meter.enough(number // CELLS_AT_ONCE, None, "thousand rows"):
                    return int(book.nsheets)
                meter.add(_row(_xls_values(book, sheet, number)))
            book.unload_sheet(done)
        return int(book.nsheets)


def _xls_values(book: Any, sheet: Any, number: int) -> list[Any]:
    import xlrd  # noqa: PLC0415

    values: list[Any] = []
    for cell in sheet.row(number)[:COLUMNS_MAX]:
        if cell.ctype == xlrd.XL_CELL_DATE:
            try:
                values.append(xlrd.xldate_as_datetime(cell.value, book.datemode))
            except (xlrd.XLDateError, ValueError, OverflowError):
                values.append(cell.value)
        elif cell.ctype in {xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER}:
            values.append(cell.value)
        else:
            values.append(None)
    return values


def _row(values: Any) -> str:
    return "\t".join(_cell(value) for value in values).strip()


def _cell(value: Any) -> str:
    """A number as people write it, a moment without a time that nobody gave."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    return " ".join(text.removesuffix(" 00:00:00").split())
