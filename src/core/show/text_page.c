/* text_page.c - see text_page.h. Blanks are remembered and written when something follows them, which trims
 * every line and makes a cell's padding free. */
#include "core/show/text_page.h"

#include <string.h>

#define PIECE_GAP 2 /* columns */

void page_init(struct page *p, struct buf *out, size_t width, size_t height)
{
	*p = (struct page){.out = out, .width = width, .height = height};
}

static bool is_closed(const struct page *p)
{
	return p->height && p->rows >= p->height;
}

static void show_style(struct page *p, enum page_style style)
{
	static const char *const sequences[PAGE_STYLE_COUNT] = {"\033[0m", "\033[0;36m",
		"\033[0;1m", "\033[0;32m", "\033[0;33m", "\033[1;31m", "\033[0;34m", "\033[0;35m"};

	if (p->colour && p->shown != style)
		buf_put_text(p->out, sequences[style]);
	p->shown = style;
}

static void put_character(struct page *p, const char *bytes, size_t len)
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

void page_set_style(struct page *p, enum page_style style)
{
	p->style = style;
}

void page_put_styled(struct page *p, enum page_style style, const char *text)
{
	enum page_style before = p->style;

	p->style = style;
	page_put(p, text);
	p->style = before;
}

void page_put(struct page *p, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ')
			p->column++;
		else
			put_character(p, text, 1);
	}
}

void page_put_glyph(struct page *p, const char *utf8)
{
	if (strcmp(utf8, " ") == 0)
		p->column++;
	else
		put_character(p, utf8, strlen(utf8));
}

void page_put_right(struct page *p, const char *text, size_t width)
{
	size_t len = strlen(text);

	if (len < width)
		p->column += width - len;
	page_put(p, text);
}

void page_move_to(struct page *p, size_t column)
{
	if (p->column < column)
		p->column = column;
}

/* In the style of the one before. */
static void begin_row(struct page *p)
{
	enum page_style style = p->style;

	page_end_row(p);
	p->style = style;
}

void page_put_piece(struct page *p, const char *text)
{
	if (p->column && p->column + PIECE_GAP + strlen(text) > p->width)
		begin_row(p);
	if (p->column)
		p->column += PIECE_GAP;
	page_put(p, text);
}

void page_put_wrapped(struct page *p, const char *text)
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

void page_end_row(struct page *p)
{
	if (p->out && !is_closed(p)) {
		show_style(p, PAGE_NORMAL);
		buf_put_char(p->out, '\n');
	}
	p->style = PAGE_NORMAL;
	p->rows++;
	p->column = 0;
	p->written = 0;
}
