#!/usr/bin/env python3
"""Turns a terminal's page, as `tmux capture-pane -e -p` prints it, into SVG: svg.py COLUMNS <page >picture.

Text stays text, so a reader can copy it. Each piece of text is stretched to the width of its cells, so columns line up
in any monospaced font. Bars and lines are drawn as paths, because characters of a font leave gaps between them.
"""
import re
import sys
from html import escape

CELL_W, CELL_H, MARGIN = 8.4, 18, 14
FONT = "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
BACK, TEXT = "#16181d", "#d5d8de"
COLOURS = {30: "#5c6370", 31: "#f0616d", 32: "#7fc47f", 33: "#e0b35a", 34: "#6ea8f7", 35: "#c78bdc", 36: "#5cc4cf",
           37: TEXT}
BLOCKS = "▁▂▃▄▅▆▇█"
# Each character consists of lines (x1, y1, x2, y2), in units of the cell's width and height.
LINES = {"─": [(0, .5, 1, .5)], "━": [(0, .5, 1, .5)], "╌": [(.1, .5, .4, .5), (.6, .5, .9, .5)],
         "│": [(.5, 0, .5, 1)], "└": [(.5, 0, .5, .5), (.5, .5, 1, .5)]}


def cells(line, style):
    """Returns (character, style) of each cell of the line, and the style at the end of the line, with which the next line
    begins. A style is (colour, bold)."""
    found = []
    for code, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b])", line):
        if text:
            found.append((text, style))
            continue
        for number in (int(n or 0) for n in code.split(";")):
            if number == 0:
                style = (TEXT, False)
            elif number in (1, 22):
                style = (style[0], number == 1)
            elif number == 39 or number in COLOURS or number - 60 in COLOURS:
                style = (COLOURS.get(number, COLOURS.get(number - 60, TEXT)), style[1])
    return found, style


def drawn(character, column, row):
    """The SVG path of the bar or line in a cell, and whether the path is filled."""
    x, y = MARGIN + column * CELL_W, MARGIN + row * CELL_H
    if character in BLOCKS:
        high = CELL_H * (BLOCKS.index(character) + 1) / 8
        return f"M{x:.1f} {y + CELL_H - high:.2f}h{CELL_W}v{high:.2f}h-{CELL_W}z", True
    return "".join(f"M{x + a * CELL_W:.1f} {y + b * CELL_H:.1f}L{x + c * CELL_W:.1f} {y + d * CELL_H:.1f}"
                   for a, b, c, d in LINES[character]), False


def word(text, column, row, style):
    x, y = MARGIN + column * CELL_W, MARGIN + row * CELL_H + CELL_H * .74
    bold = ' font-weight="bold"' if style[1] else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="{style[0]}"{bold} textLength="{len(text) * CELL_W:.1f}" '
            f'xml:space="preserve">{escape(text)}</text>')


def row_of(found, row):
    """The SVG elements: texts without the blanks around them, and paths by colour."""
    texts, paths, start = [], {}, 0
    while start < len(found):
        character, style = found[start]
        if character in BLOCKS or character in LINES:
            path, filled = drawn(character, start, row)
            key = (style[0], 0 if filled else 3 if character == "━" else 1)
            paths[key] = paths.get(key, "") + path
            start += 1
            continue
        end = start
        while end < len(found) and found[end][1] == style and found[end][0] not in BLOCKS and found[end][0] not in LINES:
            end += 1
        run = "".join(c for c, _ in found[start:end])
        for match in re.finditer(r"\S+(?: \S+)*", run):
            texts.append(word(match[0], start + match.start(), row, style))
        start = end
    return texts, paths


def main():
    columns = int(sys.argv[1])
    lines = sys.stdin.read().rstrip("\n").split("\n")
    style, texts, paths = (TEXT, False), [], {}
    for row, line in enumerate(lines):
        found, style = cells(line, style)
        row_texts, row_paths = row_of(found, row)
        texts += row_texts
        for key, path in row_paths.items():
            paths[key] = paths.get(key, "") + path
    width, height = columns * CELL_W + 2 * MARGIN, len(lines) * CELL_H + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
          f'height="{height}" font-family="{FONT}" font-size="14">')
    print("<title>anomstat during an attack</title>")
    print(f'<rect width="100%" height="100%" rx="6" fill="{BACK}"/>')
    for (colour, stroke), path in paths.items():
        drawing = f'stroke="{colour}" stroke-width="{stroke}" fill="none"' if stroke else f'fill="{colour}"'
        print(f'<path d="{path}" {drawing}/>')
    print("\n".join(texts))
    print("</svg>")


main()
