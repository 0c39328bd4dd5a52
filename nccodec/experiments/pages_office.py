"""The flat OpenDocument files that pages of `pages` are rendered from."""

from base64 import b64encode
from html import escape
from pathlib import Path


def _flat(mime: str, styles: str, automatic: str, body: str) -> str:
    """A flat OpenDocument file."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{value}"' for name, value in (
            ("office", "office:1.0"), ("style", "style:1.0"), ("text", "text:1.0"), ("table", "table:1.0"),
            ("draw", "drawing:1.0"), ("fo", "xsl-fo-compatible:1.0"), ("svg", "svg-compatible:1.0"),
            ("presentation", "presentation:1.0"))
    )  # fmt: skip
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {spaces} office:version="1.2" office:mimetype='
            f'"application/vnd.oasis.opendocument.{mime}"><office:styles>{styles}</office:styles><office:automatic-styles>'
            f"{automatic}</office:automatic-styles>{body}</office:document>")  # fmt: skip


def _paragraph_styles(*styles: tuple[str, str, str, str]) -> str:
    """styles: name, attributes of paragraphs, size in points with further attributes of text, font."""
    return "".join(
        f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties {paragraph}/>'
        f'<style:text-properties fo:font-family="{face}" fo:font-size={text}/></style:style>'
        for name, paragraph, text, face in styles
    )


def _sheet(wide: str, high: str, margin: str) -> str:
    layout = f'fo:page-width="{wide}" fo:page-height="{high}" fo:margin="{margin}"'
    return f'<style:page-layout style:name="L"><style:page-layout-properties {layout}/></style:page-layout>'


_MASTER = '<office:master-styles><style:master-page style:name="{}" style:page-layout-name="L"/></office:master-styles>'


def document(title: str, parts: list[tuple[str, str]], rows: list[tuple[str, ...]]) -> str:
    """A page of a text processor: a title, headed paragraphs, a ruled table."""
    cell = 'fo:padding="0.08cm" fo:border="0.5pt solid #666666"'
    automatic = _paragraph_styles(
        ("T", 'fo:margin-bottom="0.3cm"', '"20pt" fo:font-weight="bold" fo:color="#1f3864"', "Liberation Sans"),
        ("H", 'fo:margin-top="0.3cm"', '"13pt" fo:font-weight="bold" fo:color="#1f3864"', "Liberation Sans"),
        ("P", 'fo:text-align="justify" fo:margin-bottom="0.15cm"', '"11pt"', "Liberation Serif"),
        ("C", "", '"10pt"', "Liberation Sans"),
    )
    automatic += (
        f'<style:style style:name="B" style:family="table-cell"><style:table-cell-properties {cell}/></style:style>'
    )
    text = f'<text:p text:style-name="T">{escape(title)}</text:p>'
    for head, part in parts:
        text += (
            f'<text:p text:style-name="H">{escape(head)}</text:p><text:p text:style-name="P">{escape(part)}</text:p>'
        )
    filled = "".join("<table:table-row>" + "".join(
        f'<table:table-cell table:style-name="B"><text:p text:style-name="C">{escape(value)}</text:p>'
        "</table:table-cell>"
        for value in row) + "</table:table-row>" for row in rows)  # fmt: skip
    if rows:
        columns = f'<table:table-column table:number-columns-repeated="{len(rows[0])}"/>'
        text += (
            f'<text:p text:style-name="H">Figures</text:p><table:table table:name="t">{columns}{filled}</table:table>'
        )
    body = f"{_MASTER.format('Standard')}<office:body><office:text>{text}</office:text></office:body>"
    return _flat("text", "", automatic + _sheet("21cm", "23cm", "1.8cm"), body)


def slide(photograph: Path) -> str:
    """A slide of a presentation: a title on a bar, points, a photograph with its caption."""
    points = ("Night trains carried 1.9 million people in 2023", "Sleeping cars: 61 of 74 are older than 1995",
              "Two thirds book more than 40 days ahead", "Each new stop costs 11 minutes",
              "Wanted: 30 cars by 2029")  # fmt: skip
    automatic = _paragraph_styles(
        ("T", "", '"32pt" fo:font-weight="bold" fo:color="#ffffff"', "Liberation Sans"),
        ("P", 'fo:margin-bottom="0.55cm"', '"20pt" fo:color="#262626"', "Liberation Sans"),
        ("C", "", '"12pt" fo:color="#7f7f7f"', "Liberation Sans"),
    )
    for name, fill in (("bar", 'draw:fill="solid" draw:fill-color="#0b5345"'), ("none", 'draw:fill="none"')):
        automatic += f'<style:style style:name="{name}" style:family="graphic">'
        automatic += f'<style:graphic-properties {fill} draw:stroke="none"/></style:style>'

    def frame(x: float, y: float, wide: float, high: float, inner: str) -> str:
        place = f'svg:x="{x}cm" svg:y="{y}cm" svg:width="{wide}cm" svg:height="{high}cm"'
        return f'<draw:frame draw:style-name="none" {place}>{inner}</draw:frame>'

    def box(style: str, *lines: str) -> str:
        return (
            "<draw:text-box>"
            + "".join(f'<text:p text:style-name="{style}">{line}</text:p>' for line in lines)
            + "</draw:text-box>"
        )

    data = b64encode(photograph.read_bytes()).decode()
    image = f"<draw:image><office:binary-data>{data}</office:binary-data></draw:image>"
    bar = '<draw:rect draw:style-name="bar" svg:x="0cm" svg:y="0cm" svg:width="28cm" svg:height="2.6cm"/>'
    shapes = bar + frame(1, 0.5, 26, 1.8, box("T", "Why the night train came back"))
    shapes += frame(1, 3.6, 12.4, 10, box("P", *(f"• {point}" for point in points)))
    shapes += frame(14.2, 3.8, 12.6, 8.4, image) + frame(
        14.2, 12.3, 12.6, 1, box("C", "The old town, ten minutes from the platform")
    )
    shapes += frame(25.6, 14.7, 2, 0.9, box("C", "7"))
    page = f'<draw:page draw:name="p" draw:master-page-name="M">{shapes}</draw:page>'
    body = f"{_MASTER.format('M')}<office:body><office:presentation>{page}</office:presentation></office:body>"
    return _flat("presentation", "", automatic + _sheet("28cm", "15.75cm", "0cm"), body)
