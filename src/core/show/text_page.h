/* text_page.h - lines of text that never exceed a width or a height, plain or in colour.
 *
 * This file writes all text of the screen, and keeps the text within the terminal. A column is one
 * character: printable ASCII, or a glyph of any number of bytes. Text that does not fit is cut.
 * Blanks at the end of a line are not written. Colours are the terminal's own 8, which suit a dark
 * and a light terminal. The colour is reset at the end of each row.
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
	TEXT_LABEL, /* a word beside figures */
	TEXT_HEAD,  /* heading of a list */
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
	struct buf *out;       /* NULL: rows are only counted */
	size_t width;          /* columns */
	size_t height;         /* rows; 0: no limit */
	size_t rows;           /* number of rows that are complete */
	size_t column;         /* column of the current row for the next character */
	bool colour;           /* if false, styles have no effect */
	enum text_style style; /* style of the next text */
	enum text_style shown; /* style of the last character written */
	size_t written;        /* columns of the current row that are in `out`;
			        * blanks up to `column` are written later */
};

void text_page_init(struct text_page *p, struct buf *out, size_t width, size_t height);

/* Sets the style until the next call, or until text_page_end_row. */
void text_page_set_style(struct text_page *p, enum text_style style);
/* Puts one text in a style, then restores the previous style. */
void text_page_put_styled(struct text_page *p, enum text_style style, const char *text);

void text_page_put(struct text_page *p, const char *text);
/* Puts one character of any number of bytes, in one column. */
void text_page_put_glyph(struct text_page *p, const char *utf8);
/* Puts the text right-aligned in a cell of `width` columns. A wider text takes as many columns as
 * it needs. */
void text_page_put_right(struct text_page *p, const char *text, size_t width);
/* Puts blanks up to the column, unless the row is already past it. */
void text_page_move_to(struct text_page *p, size_t column);
/* Puts a text that must stay on one row: after a gap of two blanks, or on a new row if it does not
 * fit. */
void text_page_put_piece(struct text_page *p, const char *text);
/* Puts a text that must not be cut: a word that does not fit is put on the next row. A word longer
 * than a row is split. */
void text_page_put_wrapped(struct text_page *p, const char *text);
void text_page_end_row(struct text_page *p);

#endif
