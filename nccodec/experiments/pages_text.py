# ruff: noqa: RUF001 - typographic marks are meant
"""What the pages of `pages` say, and the HTML that they are rendered from."""

from base64 import b64encode
from itertools import pairwise
from pathlib import Path

import numpy as np

# Openings of "The Wind in the Willows" (1908), "On the Origin of Species" (1859), "Walden" (1854), "Moby-Dick" (1851),
# "Pride and Prejudice" (1813) and "A Tale of Two Cities" (1859), all in the public domain.
WILLOWS = """The Mole had been working very hard all the morning, spring-cleaning his little home. First
with brooms, then with dusters; then on ladders and steps and chairs, with a brush and a pail of whitewash;
till he had dust in his throat and eyes, and splashes of whitewash all over his black fur, and an aching
back and weary arms. Spring was moving in the air above and in the earth below and around him, penetrating
even his dark and lowly little house with its spirit of divine discontent and longing. It was small wonder,
then, that he suddenly flung down his brush on the floor, said “Bother!” and “O blow!” and also “Hang
spring-cleaning!” and bolted out of the house without even waiting to put on his coat. Something up above
was calling him imperiously, and he made for the steep little tunnel which answered in his case to the
gravelled carriage-drive owned by animals whose residences are nearer to the sun and air."""
SPECIES = """When on board H.M.S. “Beagle,” as naturalist, I was much struck with certain facts in the
distribution of the inhabitants of South America, and in the geological relations of the present to the past
inhabitants of that continent. These facts seemed to me to throw some light on the origin of species, that
mystery of mysteries, as it has been called by one of our greatest philosophers. On my return home, it
occurred to me, in 1837, that something might perhaps be made out on this question by patiently accumulating
and reflecting on all sorts of facts which could possibly have any bearing on it. After five years’ work I
allowed myself to speculate on the subject, and drew up some short notes; these I enlarged in 1844 into a
sketch of the conclusions, which then seemed to me probable: from that period to the present day I have
steadily pursued the same object. I hope that I may be excused for entering on these personal details, as I
give them to show that I have not been hasty in coming to a decision."""
WALDEN = """When I wrote the following pages, or rather the bulk of them, I lived alone, in the woods, a
mile from any neighbor, in a house which I had built myself, on the shore of Walden Pond, in Concord,
Massachusetts, and earned my living by the labor of my hands only. I lived there two years and two months.
At present I am a sojourner in civilized life again. I should not obtrude my affairs so much on the notice
of my readers if very particular inquiries had not been made by my townsmen concerning my mode of life,
which some would call impertinent, though they do not appear to me at all impertinent, but, considering the
circumstances, very natural and pertinent."""

BANK = """So he scraped and scratched and scrabbled and scrooged and then he scrooged again and scrabbled
and scratched and scraped, working busily with his little paws and muttering to himself, “Up we go! Up we
go!” till at last, pop! his snout came out into the sunlight, and he found himself rolling in the warm grass
of a great meadow. “This is fine!” he said to himself. “This is better than whitewashing!” The sunshine
struck hot on his fur, soft breezes caressed his heated brow, and after the seclusion of the cellarage he
had lived in so long the carol of happy birds fell on his dulled hearing almost like a shout."""
WHALE = """Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my
purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the
watery part of the world. It is a way I have of driving off the spleen and regulating the circulation."""
PRIDE = """It is a truth universally acknowledged, that a single man in possession of a good fortune, must
be in want of a wife. However little known the feelings or views of such a man may be on his first entering
a neighbourhood, this truth is so well fixed in the minds of the surrounding families, that he is considered
the rightful property of some one or other of their daughters. “My dear Mr. Bennet,” said his lady to him
one day, “have you heard that Netherfield Park is let at last?” Mr. Bennet replied that he had not. “But it
is,” returned she; “for Mrs. Long has just been here, and she told me all about it.” Mr. Bennet made no
answer. “Do you not want to know who has taken it?” cried his wife impatiently. “You want to tell me, and I
have no objection to hearing it.” This was invitation enough."""
CITIES = """It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was
the season of Darkness, it was the spring of hope, it was the winter of despair, we had everything before
us, we had nothing before us, we were all going direct to Heaven, we were all going direct the other way –
in short, the period was so far like the present period, that some of its noisiest authorities insisted on
its being received, for good or for evil, in the superlative degree of comparison only."""

_TIDES = (
    """Twice a day the sea leaves the flats between the mainland and the islands, and for some five hours a person who
    knows the way can walk where boats were lying in the morning. The ground looks even. It is not: a web of channels,
    few of them deeper than a man is tall, drains it from the middle outwards, and the last of them fill first.""",
    """Guides carry a stick, a compass and a table. The table is the older part of the trade. It gives the hour of low
    water at the lighthouse, to which every village adds minutes of its own: eleven at the ferry pier, twenty-six at the
    sluice, forty where the river bends. A west wind of force six adds a hand's breadth to the water and takes half an
    hour from the walk, and nobody has yet written down how the guides know beforehand.""",
    """In 1962 the storm of February moved the second channel by three hundred metres in a night. “We went out on the
    Sunday and it was simply not there,” the postman of the outer island told the museum, which keeps his boots. His
    route had been eleven kilometres; for a year afterwards it was fourteen.""",
    """Since then the channel has come back by a third of the way. The survey boat, which draws forty centimetres, goes
    out in April and in October, and its soundings are copied by hand into the book at the ferry pier before anybody
    puts them on a screen. The book is the one that counts: whoever leads a party has to have read the last page, and
    to have signed it.""",
)

_PLACES = ("Alder Hill", "Brook End", "Castle Mead", "Dyers Row", "Eastgate", "Fuller Park", "Glebe Farm", "Hythe Quay",
           "Ironworks", "Jubilee Green", "Kiln Lane", "Long Acre", "Mill Street", "North Road", "Orchard Way", "Priory",
           "Quarry Bank", "Ropewalk", "Station Road", "Tanners Yard", "Upper Lock", "Vine Street", "Weir")  # fmt: skip


def data_uri(path: Path) -> str:
    return f"data:image/png;base64,{b64encode(path.read_bytes()).decode()}"


def _page(style: str, body: str) -> str:
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}</style><body>{body}</body></html>'


def article(photograph: Path) -> str:
    """A long read with a photograph, a list of contents and a table."""
    style = """body{margin:0;background:#fffdf8;color:#222;font:17px/1.5 'Liberation Serif',serif}
    nav{background:#7a1f2b;color:#fff;padding:11px 40px;font:600 15px Roboto,sans-serif;display:flex;gap:32px}
    nav b{font-size:19px;margin-right:auto} main{display:grid;grid-template-columns:1fr 400px;gap:36px;padding:14px
    40px}
    h1{font-size:38px;line-height:1.1;margin:8px 0} .by{font:13px Roboto,sans-serif;color:#777} p{margin:10px 0}
    p:first-of-type::first-letter{font-size:56px;float:left;line-height:.9;padding-right:6px;color:#7a1f2b}
    img{width:400px;height:268px;object-fit:cover} figcaption,table,ul{font:13px/1.45 Roboto,sans-serif;color:#555}
    figure{margin:12px 0} table{border-collapse:collapse;width:100%} td,th{border-bottom:1px solid #ccc;padding:5px 3px}
    td+td,th+th{text-align:right} th{text-align:left} a{color:#7a1f2b} h3{margin:16px 0 6px;font-size:18px}"""
    text = "".join(f"<p>{part}</p>" for part in _TIDES)
    rows = (
        ("Ferry pier", "+ 11", "2.9"),
        ("Sluice", "+ 26", "3.1"),
        ("River bend", "+ 40", "2.4"),
        ("Mole", "- 4", "3.3"),
    )
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return _page(
        style,
        f"""<nav><b>The Coast Review</b><span>Essays</span><span>Weather</span><span>Letters</span>
    <span>Archive</span></nav><main><div><h1>Eleven kilometres, twice a day</h1><div class="by">By M. Hartwig · 14 min
    read · <a href="#">Walking</a>, <a href="#">Tides</a></div>{text}<h3>What a table cannot say</h3><p>The tables are
    printed a year ahead, and they are right about the moon. <a href="#">The harbour office</a> compares them with its
    gauge every January and has found, in thirty years, a mean error of four minutes and one of seventy, on the day of
    the storm. Whoever asks for the difference at the counter gets a photocopy and a look at the sky.</p><p>For visitors
    there are three rules, painted on a board in four languages. Leave when the guide leaves. Carry water, since
    there is
    none that you could drink for the next eleven kilometres. And if fog comes, stand still and make a
    noise.</p></div><aside>
    <figure><img src="{data_uri(photograph)}"><figcaption>Seen from the mole, a little after low water. Photograph: the
    museum's collection, no. 2117.</figcaption></figure><table><tr><th>Low water at</th><th>minutes</th><th>range,
    m</th>
    </tr>{table}</table><h3>In this series</h3><ul><li><a href="#">The man who counted terns</a></li><li><a
    href="#">Salt,
    or how a village kept its name</a></li><li><a href="#">A short history of the sluice</a></li><li><a href="#">Boots:
    a correspondence</a></li></ul><h3>Letters</h3><div class="by">“My grandmother crossed with a goat and was
    charged for
    two.” <i>H. Brandt, Hythe</i><br><br>“The board at the pier misspells the word for fog in Danish.” <i>L. Friis, Ribe
    </i><br><br>“I should like to know what became of the compass.” <i>R. Ode, by e-mail</i></div></aside></main>""",
    )


def editor(left: tuple[str, str], right: tuple[str, str], names: list[str]) -> str:
    """A dark code editor with two files side by side; left, right: name and text of a Python file."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    form = HtmlFormatter(style="nord-darker", linenos="inline")
    panes = "".join(
        f"<section><header><b>{name}</b><i>×</i><span>{'README' if number else 'test_' + name}</span></header>"
        f'<div class="crumb">Lib › {name} › …</div>{highlight(text, PythonLexer(), form)}</section>'
        for number, (name, text) in enumerate((left, right))
    )
    tree = "".join(f'<div class="{"on" if name in (left[0], right[0]) else ""}">▸ {name}</div>' for name in names)
    style = form.get_style_defs() + """
    body{margin:0;height:1080px;display:grid;grid-template:1fr 170px 24px/52px 250px 1fr;background:#242933;
    color:#d8dee9;font:13px Roboto,sans-serif;overflow:hidden} .bar{grid-row:1/3;background:#1c2028;padding-top:14px}
    .bar div{width:24px;height:24px;border:2px solid #6d7a90;border-radius:6px;margin:0 auto 20px}
    .tree{grid-row:1/3;background:#20242d;padding:10px 14px;line-height:22px;overflow:hidden;white-space:nowrap}
    .tree .on{background:#3b4252;color:#fff} main{display:grid;grid-template-columns:1fr 1fr;overflow:hidden}
    section{border-left:1px solid #171a20;overflow:hidden} pre{font:14px/19px 'DejaVu Sans Mono',monospace;margin:0}
    section header{background:#1c2028;display:flex;height:35px} header>*{padding:9px 14px;font-weight:400}
    header b{background:#242933;border-top:2px solid #88c0d0} .crumb{color:#7b88a1;padding:4px 14px}
    .linenos{color:#4c566a}
    .low{border-top:1px solid #171a20;padding:8px 16px;line-height:22px} .low b{color:#ebcb8b}
    .foot{grid-column:1/4;background:#5e81ac;color:#fff;padding:4px 14px;display:flex;gap:26px}"""  # fmt: skip
    return _page(
        style,
        f"""<div class="bar">{"<div></div>" * 6}</div><div class="tree"><b>EXPLORER</b>{tree}</div>
    <main>{panes}</main><div class="low"><u>PROBLEMS 3</u> &nbsp; OUTPUT &nbsp; TERMINAL<br><b>⚠</b> {left[0]}:41 Local
    variable 'indent' is assigned to but never used <br><b>⚠</b> {left[0]}:118 Line too long (96 > 88)<br><b>⚠</b>
    {right[0]}:27 Missing return type annotation for 'prepare'<br>2 files checked in 0.41 s</div><div class="foot">
    <span>main*</span><span>0 errors, 3 warnings</span><span>Ln 118, Col
    17</span><span>UTF-8</span><span>LF</span></div>""",
    )


def sheet(random: np.random.Generator) -> str:
    """A spreadsheet in a browser: toolbar, rulers, numbers, cells coloured by value, a chart over it."""
    heads = ("Station", "Bicycles", "Rides", "Km a ride", "Income", "Repairs", "Change")
    rows, rides = "", []
    for number, place in enumerate(_PLACES):
        count, ride, km, broken = (
            random.integers(8, 60),
            random.integers(90, 2400),
            random.uniform(1.2, 7),
            random.integers(9),
        )
        change = random.normal(3, 12)
        rides.append(int(ride))
        colour = "#f8d0cc" if change < -5 else "#cdebd0" if change > 8 else "none"
        cells = (f"{count}", f"{ride:,}", f"{km:.1f}", f"€ {ride * (1 + km / 4):,.2f}", f"{broken}")
        rows += f"<tr><th>{number + 2}</th><td>{place}</td>" + "".join(f"<td>{cell}</td>" for cell in cells)
        rows += f'<td style="background:{colour}">{change:+.1f} %</td>' + "<td></td>" * 5 + "</tr>"
    bars = "".join(
        f'<rect x="{34 + 27 * i}" y="{180 - ride / 15:.1f}" width="18" height="{ride / 15:.1f}" fill="#1a73e8"/>'
        f'<text x="{43 + 27 * i}" y="196" text-anchor="middle">{_PLACES[i][:3]}</text>'
        for i, ride in enumerate(rides[:13])
    )
    lines = "".join(f'<path d="M30 {180 - 40 * i}h352" stroke="#ddd"/><text x="4" y="{184 - 40 * i}">{600 * i}</text>'
                    for i in range(5))  # fmt: skip
    letters = "".join(f"<th>{letter}</th>" for letter in "ABCDEFGHIJKL")
    style = """body{margin:0;font:13px Roboto,sans-serif;color:#222;height:800px;overflow:hidden;background:#fff}
    .top{background:#0f7b3f;color:#fff;padding:9px 16px;font-size:15px} .menu{padding:7px 16px;background:#f3f6f4}
    .menu span{margin-right:22px} .tools{padding:6px 16px;border-bottom:1px solid #ccc} .tools b{border:1px solid #bbb;
    border-radius:4px;padding:3px 9px;margin-right:7px;font-weight:500} .tools
    .on{background:#cdebd0;border-color:#0f7b3f}
    .fx{padding:6px 16px;border-bottom:1px solid #ccc;font-family:'DejaVu Sans Mono'} table{border-collapse:collapse}
    th{background:#f1f3f4;font-weight:400;color:#555;min-width:38px} td{min-width:88px;text-align:right;padding:0 6px}
    th,td{border:1px solid #dadce0;height:23px;white-space:nowrap} td:nth-child(2){text-align:left} tr.h
    td{font-weight:700}
    .chart{position:absolute;left:780px;top:330px;width:400px;background:#fff;border:1px solid #bbb;padding:10px;
    box-shadow:0 1px 4px #0004} text{font-size:10.5px;fill:#555} .cell{outline:2px solid #1a73e8}
    .tabs{position:absolute;
    bottom:0;left:0;right:0;background:#f1f3f4;padding:8px 52px} .tabs b{background:#fff;padding:8px
    16px;color:#0f7b3f}"""
    head = "<tr class='h'><th>1</th>" + "".join(f"<td>{name}</td>" for name in heads) + "<td></td>" * 5 + "</tr>"
    return _page(
        style,
        f"""<div class="top">Bicycle stations, third quarter</div><div class="menu"><span>File</span>
    <span>Edit</span><span>View</span><span>Insert</span><span>Format</span><span>Data</span><span>Help</span></div>
    <div class="tools"><b>↶</b><b>↷</b><b>Roboto ▾</b><b>10 ▾</b><b>B</b><b><i>I</i></b><b><s>S</s></b><b
    class="on">%</b>
    <b>.0</b><b>.00</b><b style="color:#c5221f">A</b><b>Σ</b><b>Filter</b><b>Chart</b></div><div class="fx">E6
    &nbsp; <i>fx</i>
    &nbsp; =C6*(1+D6/4)</div><table><tr><th></th>{letters}</tr>{head}{
            rows.replace("<td>€", '<td class="cell">€', 1)
        }</table>
    <div class="chart"><b>Rides by station</b><svg width="400" height="204">{lines}{bars}</svg></div>
    <div class="tabs"><b>Q3</b> &nbsp; Q2 &nbsp; &nbsp; Q1 &nbsp; &nbsp; Prices &nbsp; &nbsp; Notes</div>""",
    )


def town(random: np.random.Generator, width: int, height: int) -> str:
    """A map as SVG: a river and a lake, woods, a bent grid of streets with houses, names along them, signs."""

    def bent(x: float, y: float) -> tuple[float, float]:
        return x + 26 * np.sin(y / 140 + 1) + 12 * np.sin(x / 90), y + 22 * np.sin(x / 170) + 0.12 * x - 60

    def path(points: list[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)

    def blob(x: float, y: float, radius: float) -> list[tuple[float, float]]:
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radii = radius * (
            1 + 0.18 * np.sin(3 * turns + random.uniform(0, 6)) + 0.1 * np.sin(5 * turns + random.uniform(0, 6))
        )
        return [(x + r * np.cos(t), y + 0.8 * r * np.sin(t)) for r, t in zip(radii, turns, strict=True)]

    xs, ys = np.cumsum(random.integers(58, 120, 16)) - 80, np.cumsum(random.integers(48, 96, 16)) - 60
    shapes = [f'<path d="{path(blob(*place))}Z" fill="#aad3a0"/>' for place in ((140, 660, 150), (930, 160, 120))]
    for x, y in random.normal((140, 660), (70, 55), (90, 2)):
        shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="#7cb277"/>')
    for left, right in pairwise(xs):
        for top, bottom in pairwise(ys):
            for x in np.arange(left + 15, right - 12, 15.0):
                for y in (top + 15, bottom - 13):
                    if random.random() < 0.72:
                        (cx, cy), wide, high = bent(x, y), random.uniform(6, 13), random.uniform(8, 14)
                        turn = np.degrees(np.arctan2(0.12 + 0.13 * np.cos(cx / 170), 1))
                        shapes.append(
                            f'<rect x="{cx - wide / 2:.1f}" y="{cy - high / 2:.1f}" width="{wide:.1f}"'
                            f' height="{high:.1f}"'
                            f' transform="rotate({turn:.1f} {cx:.1f} {cy:.1f})" fill="#d9d0c9" stroke="#b8a99c"/>'
                        )
    streets = [[bent(x, y) for y in range(-80, height + 200, 20)] for x in xs]
    streets += [[bent(x, y) for x in range(-80, width + 120, 20)] for y in ys]
    main, names = (5, 11, len(xs) + 4, len(xs) + 9), []
    water = path([(x, 420 + 90 * np.sin(x / 210) + 0.1 * x) for x in range(-40, width + 60, 20)])
    shapes.append(f'<path d="{water}" stroke="#a5c8e4" stroke-width="34" fill="none"/>')
    shapes.append(f'<path d="{path(blob(760, 640, 90))}Z" fill="#a5c8e4" stroke="#7ba6cc"/>')
    for case in (True, False):
        for number, street in enumerate(streets):
            large = number in main
            colour = ("#c88a3a" if large else "#bbb") if case else "#fcd6a4" if large else "#fff"
            stroke = (13 if large else 8) - (3 if case is False else 0)
            shapes.append(
                f'<path id="s{number}{case}" d="{path(street)}" stroke="{colour}" stroke-width="{stroke}" fill="none"/>'
            )
    rail = path([(x, 700 - 0.35 * x) for x in range(-20, width + 40, 20)])
    shapes.append(f'<path d="{rail}" stroke="#555" stroke-width="4" fill="none"/><path d="{rail}" stroke="#fff"'
                  ' stroke-width="2" stroke-dasharray="9 9" fill="none"/>')  # fmt: skip
    for number in range(0, len(streets), 2):
        start = random.uniform(22, 62)
        names.append(f'<text dy="4" class="{"m" if number in main else ""}"><textPath href="#s{number}False" '
                     f'startOffset="{start:.0f}%">{_PLACES[number % len(_PLACES)]}</textPath></text>')  # fmt: skip
    for number, place in enumerate(
        ("St Olave", "Library", "Town Hall", "Old Mill", "Market", "Baths", "School", "Museum")
    ):
        x, y = random.uniform(80, width - 120), random.uniform(60, height - 60)
        names.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="6" fill="{("#a03", "#06c", "#073")[number % 3]}"/>'
                     f'<text x="{x + 10:.0f}" y="{y + 4:.0f}" class="p">{place}</text>')  # fmt: skip
    names.append('<text x="150" y="655" class="w">Priory Wood</text><text x="722" y="682" class="b">Mill Pond</text>')
    style = """body{margin:0} svg{background:#f2efe9;display:block} text{font:11px 'DejaVu Sans',sans-serif;fill:#333;
    stroke:#fff;stroke-width:3px;paint-order:stroke;stroke-linejoin:round} .m{font-weight:700} .p{font-style:italic}
    .w{font-size:15px;fill:#2a6b2a} .b{font-size:14px;fill:#2b5f94;font-style:italic}"""
    return _page(style, f'<svg width="{width}" height="{height}">{"".join(shapes + names)}</svg>')


def plain_text() -> str:
    """Black on white at 12 and 16 px."""
    style = "body{margin:14px 18px;width:600px;height:452px;overflow:hidden;color:#000;background:#fff}"
    small = f'<p style="font:12px/16px Roboto,sans-serif;margin:0 0 10px">{PRIDE}</p>'
    large = f"<p style=\"font:16px/22px 'Liberation Serif',serif;margin:0\">{CITIES}</p>"
    return _page(style, small + large)


def controls() -> str:
    """Buttons, badges, tabs and messages: coloured text on coloured grounds."""
    style = """body{margin:0;width:640px;height:480px;background:#f4f5f9;font:14px Roboto,sans-serif;color:#2b2f45}
    header{background:#28306b;color:#dfe3ff;padding:13px 18px;font-size:16px} .row{padding:10px 18px} b{font-weight:500}
    .row>*{display:inline-block;margin-right:9px;padding:7px 14px;border-radius:5px} .red{background:#c62839;color:#fff}
    .blue{background:#2f6fde;color:#fff} .line{border:1px solid #2f6fde;color:#2f6fde}
    .off{background:#dcdfe8;color:#8a90a6}
    .tag{border-radius:11px!important;padding:3px 10px!important;font-size:12px} .ok{background:#d3f1dc;color:#156b34}
    .warn{background:#ffe9bd;color:#8a5a00} .bad{background:#fbd5d5;color:#9b1c1c} td{padding:5px 14px;font-size:13px}
    .box{margin:4px 18px;padding:10px 14px;border-left:4px solid
    #2f6fde;background:#e3ecff;color:#1d3f85;font-size:13px}
    table{margin:6px 18px;background:#fff;border-collapse:collapse;width:604px} tr:nth-child(2n){background:#eef0f7}"""
    rows = (("#4711", "Valve, brass, 22 mm", "ok", "in stock"), ("#4718", "Seal for pump housing", "warn", "two left"),
            ("#4725", "Pressure gauge, 6 bar", "bad", "delayed"),
            ("#4731", "Hose, 10 m, blue", "ok", "in stock"))  # fmt: skip
    table = "".join(
        f'<tr><td style="color:#2f6fde">{code}</td><td>{name}</td><td><span class="row" style="padding:0"><span '
        f'class="tag {kind}">{state}</span></span></td></tr>' for code, name, kind, state in rows
    )  # fmt: skip
    return _page(
        style,
        f"""<header>Workshop · Orders</header><div class="row"><b class="blue">Save order</b><b
    class="line">Preview</b><b class="red">Cancel</b><b class="off">Archive</b></div><div class="row"><span
    class="tag ok">paid</span><span class="tag warn">waiting for parts</span><span class="tag bad">overdue</span></div>
    <div class="box">Three orders were changed by another user since you opened this list. <u>Show what
    changed</u></div>
    <table>{table}</table><div class="box" style="border-color:#c62839;background:#fde3e5;color:#8f1d2a">The delivery
    address has no house number.</div><div class="row" style="color:#6a7090;font-size:12px">Page 2 of 9, 64
    orders</div>""",
    )
