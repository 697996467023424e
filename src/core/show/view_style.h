/* view_style.h - the style sheet of the page for a browser; for view_html.c alone.
 *
 * On a narrow page (700 px and less) a row of a table becomes a small block: its first cell has a
 * line for itself, and the names of the columns, which each cell has in data-l, stand before the
 * figures. Texts of the plots are no part of their drawings, which stretch: so texts keep their
 * size.
 */
#ifndef CORE_SHOW_VIEW_STYLE_H
#define CORE_SHOW_VIEW_STYLE_H

extern const char view_style[];

#endif
