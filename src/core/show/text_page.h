/* text_page.h - lines of text that never exceed a width or a height, plain or in colour.
 *
 * All text of the screen goes through this file, so that one place keeps the text within the
 * terminal. A column is a character: text is printable ASCII, and a glyph is one character of any
 * length in bytes. Text that does not fit is cut; blanks at the end of a line are not written.
 * Colours are the terminal's own 8, which suit a dark and a light terminal. Each row ends without
 * colour.
 */
#ifndef CORE_SHOW_TEXT_PAGE_H
#define CORE_SHOW_TEXT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/instant.h"

enum text_style {
	TEXT_NORMAL,
	TEXT_LABEL, /* beside figures */
	TEXT_HEAD,  /* of a list */
	TEXT_GOOD,
	TEXT_WARN,
	TEXT_BAD,
	TEXT_BAR,
	TEXT_MEAN,
	TEXT_STYLE_COUNT
};

/* Longest escape sequence of a style. */
#define TEXT_STYLE_BYTES 8

struct text_page {
	struct buf *out;       /* NULL: only the rows are counted */
	size_t width;          /* columns */
	size_t height;         /* rows; 0: no limit */
	size_t rows;           /* ended */
	size_t column;         /* of the row that is being filled: where the next character goes */
	bool colour;           /* else styles do nothing */
	enum text_style style; /* of what is put next */
	enum text_style shown; /* of what was written last */
	size_t written;        /* columns of it that are in `out`; up to `column` blanks are due */
};

void text_page_init(struct text_page *p, struct buf *out, size_t width, size_t height);

/* Until the next call of it, or of text_page_end_row. */
void text_page_set_style(struct text_page *p, enum text_style style);
/* Puts one text in a style, and goes back to the one before. */
void text_page_put_styled(struct text_page *p, enum text_style style, const char *text);

void text_page_put(struct text_page *p, const char *text);
/* One character of one column. */
void text_page_put_glyph(struct text_page *p, const char *utf8);
/* At the right end of a cell of `width` columns; text that is wider pushes on. */
void text_page_put_right(struct text_page *p, const char *text, size_t width);
/* Blanks up to that column, if it is not reached yet. */
void text_page_move_to(struct text_page *p, size_t column);
/* A text that stays together: after a gap of two blanks, or on a new row where it does not fit. */
void text_page_put_piece(struct text_page *p, const char *text);
/* For text that must not be cut off: a word that does not fit goes to the next row, and a word that
 * is longer than a row is cut into pieces. */
void text_page_put_wrapped(struct text_page *p, const char *text);
void text_page_end_row(struct text_page *p);

#endif
