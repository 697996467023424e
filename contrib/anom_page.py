"""anom_page - a page of text and lists, as plain text of 80 columns or as one HTML file that loads nothing.

The text and the HTML file have the same content. The caller gives printable ASCII (anom_events.clean); this module
escapes it for HTML.
"""
import html
import textwrap

WIDTH = 80  # columns of plain text; addresses and requests are never broken
LABEL = 10  # columns of a label in a card, with its margins

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1a1a1a;--dim:#5f5f5f;--line:#ddd;--warn:#9a3b00}
@media(prefers-color-scheme:dark){:root{--bg:#14161a;--fg:#e6e6e6;--dim:#9aa0a6;--line:#333;--warn:#ffb27a}}
body{background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:56em;padding:1em}
h1{font-size:1.4em;margin:0 0 .5em}h2{font-size:1.15em;margin:1.6em 0 .4em}h3{font-size:1em;margin:0}
p{margin:.4em 0}.warn{color:var(--warn)}
section{border-top:1px solid var(--line);padding:.5em 0}
section p{margin:.1em 0}section span{color:var(--dim)}h3 span{font-weight:normal;margin-left:.5em}
code{font-size:.94em}section p code{display:block}body,p,h3{overflow-wrap:anywhere}
table{border-collapse:collapse}td{padding:.1em .8em .1em 0;vertical-align:top}
td:first-child{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
""".replace("\n", "")


class Page:
    def __init__(self, title):
        self.title, self.blocks = title, []

    def say(self, text, warn=False):
        """A paragraph."""
        self.blocks.append(("warn" if warn else "say", text))

    def head(self, text):
        self.blocks.append(("head", text))

    def rows(self, rows):
        """Rows of a number and its words."""
        if rows:
            self.blocks.append(("rows", rows))

    def codes(self, rows):
        """Rows of a number and a string that is code."""
        self.blocks.append(("codes", rows))

    def card(self, name, note, lines):
        """One client or alert. Each line is a label, words, and a string that is code, such as a request."""
        self.blocks.append(("card", name, note, lines))

    def as_text(self):
        out = [self.title, "=" * len(self.title)]
        for kind, *block in self.blocks:
            out += [""] + getattr(self, "text_" + kind)(*block)
        return "\n".join(out) + "\n"

    @staticmethod
    def wrap(text, first="", rest=""):
        # a percent sign stays with its number
        lines = textwrap.wrap(text.replace(" %", "\0%"), WIDTH, initial_indent=first, subsequent_indent=rest,
                              break_long_words=False, break_on_hyphens=False)
        return [line.replace("\0%", " %") for line in lines] or [first.rstrip()]

    def text_say(self, text):
        return self.wrap(text)

    def text_warn(self, text):
        return self.wrap(text, "! ", "  ")

    def text_head(self, text):
        lines = self.wrap(text)
        return lines + ["-" * max(map(len, lines))]

    def text_rows(self, rows):
        width = max(len(left) for left, _ in rows)
        return [line for left, right in rows for line in self.wrap(right, f"  {left:>{width}}  ", " " * (width + 4))]

    def text_codes(self, rows):
        width = max(len(left) for left, _ in rows)
        return [f"  {left:>{width}}  {code}" for left, code in rows]

    def text_card(self, name, note, lines):
        out = self.wrap(note, f"{name}  ", " " * LABEL) if note else [name]
        for label, words, code in lines:
            before = f"  {label:<{LABEL - 2}}"
            out += self.wrap(words, before, " " * LABEL) if words else []
            out += [(" " * LABEL if words else before) + code] if code else []
        return out

    def as_html(self):
        title = html.escape(self.title)
        out = ['<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
               '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
               '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">\n'
               f"<title>{title}</title>\n<style>{STYLE}</style></head>\n<body><h1>{title}</h1>"]
        out += [getattr(self, "html_" + kind)(*block) for kind, *block in self.blocks]
        return "\n".join(out) + "\n</body></html>\n"

    @staticmethod
    def html_say(text):
        return f"<p>{html.escape(text)}</p>"

    @staticmethod
    def html_warn(text):
        return f'<p class="warn">{html.escape(text)}</p>'

    @staticmethod
    def html_head(text):
        return f"<h2>{html.escape(text)}</h2>"

    @staticmethod
    def html_rows(rows):
        return "<table>" + "".join(f"<tr><td>{html.escape(left)}</td><td>{html.escape(right)}</td></tr>"
                                   for left, right in rows) + "</table>"

    @staticmethod
    def html_codes(rows):
        return "<table>" + "".join(f"<tr><td>{html.escape(left)}</td><td><code>{html.escape(code)}</code></td></tr>"
                                   for left, code in rows) + "</table>"

    @staticmethod
    def html_card(name, note, lines):
        out = [f"<section><h3><code>{html.escape(name)}</code><span>{html.escape(note)}</span></h3>"]
        for label, words, code in lines:
            code = f"<code>{html.escape(code)}</code>" if code else ""
            out.append(f"<p><span>{html.escape(label)}</span> {html.escape(words)} {code}</p>")
        return "\n".join(out) + "</section>"
