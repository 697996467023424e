/* view_style.h - the style sheet of the page for a browser. Only view_html.c uses it.
 *
 * On a narrow page (at most 700 px), each row of a table becomes a small block. The first cell gets
 * a line of its own. Each later cell shows the name of its column, which is in data-l, before the
 * cell's figure. The drawings of the plots stretch with the page. So the texts of a plot are
 * separate elements, which keep their size.
 */
#ifndef CORE_SHOW_VIEW_STYLE_H
#define CORE_SHOW_VIEW_STYLE_H

extern const char view_style[];

#endif
