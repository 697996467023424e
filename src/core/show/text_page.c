/* text_page.c - see text_page.h. Blanks are only counted, and are written when text follows them.
 * So no line ends with blanks, and padding of the last cell costs nothing. */
#include "core/show/text_page.h"

#include <string.h>

#define PIECE_GAP 2 /* columns */

void text_page_init(struct text_page *p, struct buf *out, size_t width, size_t height)
{
	*p = (struct text_page){.out = out, .width = width, .height = height};
}

static bool is_closed(const struct text_page *p)
{
	return p->height && p->rows >= p->height;
}

static void show_style(struct text_page *p, enum text_style style)
{
	static const char *const sequences[TEXT_STYLE_COUNT] = {"\033[0m", "\033[0;36m",
		"\033[0;1m", "\033[0;32m", "\033[0;33m", "\033[1;31m", "\033[0;34m", "\033[0;35m"};

	if (p->colour && p->shown != style)
		buf_put_text(p->out, sequences[style]);
	p->shown = style;
}

static void put_character(struct text_page *p, const char *bytes, size_t len)
{
	if (p->column < p->width && !is_closed(p) && p->out) {
		for (; p->written < p->column; p->written++)
			buf_put_char(p->out, ' ');
		show_style(p, p->style);
		buf_put_bytes(p->out, bytes, len);
		p->written++;
	}
	p->column++;
}

void text_page_set_style(struct text_page *p, enum text_style style)
{
	p->style = style;
}

void text_page_put_styled(struct text_page *p, enum text_style style, const char *text)
{
	enum text_style before = p->style;

	p->style = style;
	text_page_put(p, text);
	p->style = before;
}

void text_page_put(struct text_page *p, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ')
			p->column++;
		else
			put_character(p, text, 1);
	}
}

void text_page_put_glyph(struct text_page *p, const char *utf8)
{
	if (strcmp(utf8, " ") == 0)
		p->column++;
	else
		put_character(p, utf8, strlen(utf8));
}

void text_page_put_right(struct text_page *p, const char *text, size_t width)
{
	size_t len = strlen(text);

	if (len < width)
		p->column += width - len;
	text_page_put(p, text);
}

void text_page_move_to(struct text_page *p, size_t column)
{
	if (p->column < column)
		p->column = column;
}

/* Begins a new row in the same style. */
static void begin_row(struct text_page *p)
{
	enum text_style style = p->style;

	text_page_end_row(p);
	p->style = style;
}

void text_page_put_piece(struct text_page *p, const char *text)
{
	if (p->column && p->column + PIECE_GAP + strlen(text) > p->width)
		begin_row(p);
	if (p->column)
		p->column += PIECE_GAP;
	text_page_put(p, text);
}

void text_page_put_wrapped(struct text_page *p, const char *text)
{
	while (*text) {
		size_t blanks = strspn(text, " "), len = strcspn(text + blanks, " ");
		if (p->column && p->column + blanks + len > p->width)
			begin_row(p);
		else
			p->column += blanks;
		for (text += blanks; len; len--, text++) {
			if (p->column >= p->width)
				begin_row(p);
			put_character(p, text, 1);
		}
	}
}

void text_page_end_row(struct text_page *p)
{
	if (p->out && !is_closed(p)) {
		show_style(p, TEXT_NORMAL);
		buf_put_char(p->out, '\n');
	}
	p->style = TEXT_NORMAL;
	p->rows++;
	p->column = 0;
	p->written = 0;
}
