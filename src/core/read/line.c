/* line.c - see line.h. */
#include "core/read/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/read/combined.h"
#include "core/read/condense.h"
#include "core/read/envelope.h"
#include "core/read/object.h"
#include "core/read/repair.h"
#include "core/read/scan.h"
#include "core/read/truncated.h"
#include "core/read/unwrap.h"

/* A repaired line may be longer than the original. The worst case is \v, two bytes that become the
 * six bytes \u000b. So each object can be repaired, whatever a client sends. */
#define MENDED_MAX ((size_t)3 * LINE_BYTES_MAX)

struct line_parser {
	struct line_config config;
	struct extract extract;
	struct object *object;
	struct scan *scan;
	struct fields_values values;
	struct condense condense; /* the result for a long object */
	struct unwrap unwrap;
	bool wrapped;       /* the previous line contained an object in a string */
	struct scan *outer; /* scans the outer objects of wrapped lines */
	struct fields_values outer_values;
	const char *read; /* the text of the last object that was parsed */
	size_t read_len;
	char mended[MENDED_MAX];
	/* the text from inside a wrapper; pages that no line has needed are never in memory */
	char inner[LINE_LONGEST];
	char closed[LINE_LONGEST + 64]; /* an object that was cut off, with its brackets closed */
};

bool line_format(const char *name, struct line_config *c)
{
	c->combined = strcmp(name, "combined") == 0;
	c->extract.format = format_find(name);
	return c->combined || c->extract.format || strcmp(name, "auto") == 0;
}

struct line_parser *line_parser_new(const struct line_config *config)
{
	struct line_parser *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->config = *config;
	p->object = object_new(MENDED_MAX + 64);
	p->scan = scan_new(MENDED_MAX);
	p->outer = scan_new(LINE_BYTES_MAX);
	bool memory = p->object && p->scan && p->outer;
	if (!memory || !extract_init(&p->extract, &config->extract) ||
		!unwrap_init(&p->unwrap, &config->extract.names)) {
		errno = memory ? EINVAL : ENOMEM;
		line_parser_free(p);
		return NULL;
	}
	return p;
}

void line_parser_free(struct line_parser *p)
{
	if (p) {
		object_free(p->object);
		scan_free(p->scan);
		scan_free(p->outer);
	}
	free(p);
}

void line_trust(struct line_parser *p, const struct allow *trusted)
{
	p->extract.config.trusted = trusted;
}

uint64_t *line_counter(struct counters *c, enum line_reason reason)
{
	switch (reason) {
	case LINE_NOT_JSON:
		return &c->not_json;
	case LINE_NO_CLIENT:
		return &c->no_client;
	case LINE_BAD_CLIENT:
		return &c->bad_client;
	case LINE_BAD_TIME:
		return &c->bad_time;
	case LINE_BAD_COUNT:
		return &c->bad_count;
	case LINE_TOO_LONG:
		return &c->too_long;
	case LINE_NUL:
		return &c->nul;
	case LINE_OTHER:
		return &c->other;
	case LINE_OK:
	case LINE_REASON_COUNT:
		break;
	}
	return NULL;
}

/* The state of one line while it is parsed. */
struct reading {
	const char *text; /* from the object's brace to the end of the line */
	size_t len;
	size_t before; /* bytes of the line before `text` */
	bool cut;
	bool loose;          /* unknown text precedes the object: see find_brace */
	bool standard_error; /* the line was written to stderr */
	bool condensed;      /* `text` has only the wanted members of `whole` */
	const char *whole;   /* `text` before it was condensed */
	size_t whole_len;
	bool inner;        /* `text` comes from inside a wrapper */
	bool inner_cut;    /* the end of this inner text is missing */
	bool may_be_part;  /* this inner text may be a part of a split line */
	unsigned layers_n; /* layers removed so far */
	struct line_result *out;
	struct line_explanation *shown;
};

static bool read_whole(struct line_parser *p, const char *text, size_t len, size_t *error_at)
{
	p->read = text;
	p->read_len = len;
	return object_read(p->object, text, len, &p->extract.fields, &p->values, error_at);
}

/* As read_whole, for a text that differs from the line's text. Tries the scanner first. */
static bool read_made(struct line_parser *p, const char *text, size_t len)
{
	size_t error_at;

	p->read = text;
	p->read_len = len;
	return (!p->config.by_tree &&
		       scan_read(p->scan, text, len, &p->extract.fields, &p->values)) ||
	       read_whole(p, text, len, &error_at);
}

/* Reads the object after a half line (see repair_glued). The half line leaves a string open. If the
 * half line and the object were repaired together, repair_escapes would confuse the inside and the
 * outside of all strings after the half line. So the object is repaired separately. */
static bool read_glued(struct line_parser *p, const struct reading *r)
{
	size_t at = repair_glued(r->text, r->len);

	if (!at)
		return false;
	r->out->glued = read_made(p, r->text + at, r->len - at);
	if (!r->out->glued) {
		size_t n = repair_escapes(r->text + at, r->len - at, p->mended, sizeof p->mended);
		r->out->glued = n && read_made(p, p->mended, n);
	}
	return r->out->glued;
}

static void show_error(const struct reading *r, size_t error_at)
{
	struct line_explanation *v = r->shown;
	struct buf b;

	v->error_at = (r->inner ? 0 : r->before) + error_at;
	v->error_inside = r->inner;
	memset(v->error_text, 0, sizeof v->error_text);
	buf_init(&b, v->error_text, sizeof v->error_text - 1);
	buf_put_plain(&b, r->text + error_at, r->len - error_at);
}

/* Tries, in this order: cJSON, the repaired text, the whole members of a text that was cut off, an
 * object after a half line. cJSON would build a tree before it refuses a text that needs a repair
 * or was cut off. So cJSON is skipped for such a text, except with --explain and by_tree. */
static __attribute__((noinline)) bool read_odd(
	struct line_parser *p, const struct reading *r, bool *whole)
{
	const char *text = r->text;
	size_t len = r->len, error_at;
	bool ask = p->config.by_tree || r->shown;
	bool half = !ask && truncated_is_half(text, len);
	size_t n = repair_escapes(text, len, p->mended, sizeof p->mended);

	*whole = (ask || !(half || n)) && read_whole(p, text, len, &error_at);
	if (*whole)
		return true;
	if (r->shown)
		show_error(r, error_at);
	if (n) {
		*whole = !half && read_made(p, p->mended, n);
		if (*whole) {
			if (r->shown)
				r->shown->repaired = true;
			return true;
		}
		text = p->mended;
		len = n;
	}
	if (r->loose)
		return false;
	n = truncated_close(text, len, p->closed, sizeof p->closed);
	r->out->truncated = n && read_made(p, p->closed, n);
	return r->out->truncated || (!r->cut && !r->inner && read_glued(p, r));
}

/* Sets *whole if the text is a complete object, unchanged or repaired. Inline, because almost all
 * lines only need the scanner. */
static inline __attribute__((always_inline)) bool read_somehow(
	struct line_parser *p, const struct reading *r, bool *whole)
{
	p->read = r->text;
	p->read_len = r->len;
	*whole = !p->config.by_tree &&
		 scan_read(p->scan, r->text, r->len, &p->extract.fields, &p->values);
	return *whole || read_odd(p, r, whole);
}

/* Replaces the object by its wanted members. Returns false if the text is not an object. */
static bool condense_text(struct line_parser *p, struct reading *r)
{
	struct condense *c = &p->condense;

	r->condensed = true;
	if (condense_object(c, r->text, r->len, &p->extract.fields) == CONDENSE_BROKEN) {
		if (r->shown)
			show_error(r, c->error_at);
		return false;
	}
	r->text = c->text;
	r->len = c->len;
	return true;
}

/* As condense_text, but only for an object that is too long to be parsed directly. */
static bool condense_long(struct line_parser *p, struct reading *r)
{
	r->condensed = false;
	r->whole = r->text;
	r->whole_len = r->len;
	return r->len <= LINE_BYTES_MAX || condense_text(p, r);
}

/* Reads an object that is nested too deeply for cJSON. A program may log the body of a request
 * unchanged, so a client can nest an object to any depth. */
static __attribute__((noinline)) bool read_deep(
	struct line_parser *p, struct reading *r, bool *whole)
{
	return !r->condensed && object_is_deep(r->text, r->len) && condense_text(p, r) &&
	       read_somehow(p, r, whole);
}

static enum line_reason read_object(struct line_parser *p, struct reading *r)
{
	enum line_reason none = r->cut ? LINE_TOO_LONG : LINE_NOT_JSON;

	bool whole;

	if (!condense_long(p, r))
		return none;
	if (!read_somehow(p, r, &whole) && !read_deep(p, r, &whole)) {
		r->out->truncated = !r->loose && truncated_is_half(r->text, r->len);
		return none;
	}
	/* the line is longer than LINE_LONGEST, so more text follows the object */
	if (whole && r->cut && !r->inner)
		return LINE_NOT_JSON;
	/* the text around the object is complete, so the object was logged incomplete */
	if (r->out->truncated && r->inner && !r->may_be_part)
		return LINE_NOT_JSON;
	r->out->truncated |= r->inner_cut;
	enum line_reason reason = extract_request(&p->extract, &p->values,
		(r->out->truncated ? FORMAT_CUT : 0) |
			(r->standard_error ? FORMAT_STANDARD_ERROR : 0),
		r->out, r->shown);
	if (r->out->truncated && (reason == LINE_NO_CLIENT || reason == LINE_OTHER))
		return none;
	return reason;
}

/* Closes a line that was cut off inside the wrapped object. Docker writes six bytes for each <, >
 * and &, and for each byte that is not UTF-8. So 16 KiB from a client become up to 96 KiB, and a
 * program that limits the length of lines cuts off such a line. This function accepts only an
 * object that begins like an object of Docker. In any other object, a text that was cut off is
 * never used. */
static bool reopen_cut(struct line_parser *p, struct reading *r, bool plain)
{
	static const char begin[] = "{\"log\":\"{";
	size_t begin_len = sizeof begin - 1 - plain, n;

	if (r->loose || r->whole_len < begin_len || memcmp(r->whole, begin, begin_len) != 0)
		return false;
	n = truncated_close_string(r->whole, r->whole_len, p->closed, sizeof p->closed);
	r->inner_cut = n && (r->condensed || read_made(p, p->closed, n));
	p->read = p->closed;
	p->read_len = n;
	return r->inner_cut;
}

static void show_wrapper(const struct reading *r, const char *name)
{
	struct buf b;

	if (!r->shown || !name)
		return;
	size_t len = strlen(r->shown->wrapper);
	buf_init(&b, r->shown->wrapper + len, sizeof r->shown->wrapper - len - 1);
	if (len)
		buf_put_text(&b, ", ");
	buf_put_text(&b, name);
	r->shown->wrapper[len + b.len] = '\0';
}

static void take_inner(struct reading *r, const struct unwrapped *in)
{
	r->standard_error |= in->standard_error;
	r->may_be_part = in->may_be_part;
	r->text = in->text;
	r->len = in->len;
	r->inner = true;
	r->layers_n++;
}

/* Opens an object that is not a request, if a log shipper wrote it. r->text is then the wrapped
 * text: an object or, with `plain`, any text. p->values are valid until the next object is read. */
static bool open_object(
	struct line_parser *p, struct reading *r, enum line_reason outer, bool plain)
{
	struct unwrapped in;
	bool broken = outer == LINE_NOT_JSON || outer == LINE_TOO_LONG;

	if (r->layers_n == ENVELOPE_LAYERS_MAX || (outer != LINE_OTHER && !broken) ||
		(broken && (r->inner || !reopen_cut(p, r, plain))))
		return false;
	if (r->condensed && !broken) {
		p->read = r->whole;
		p->read_len = r->whole_len;
	}
	if (!unwrap_object(&p->unwrap, p->read, p->read_len, plain, p->inner, sizeof p->inner, &in))
		return false;
	show_wrapper(r, in.name);
	p->wrapped = in.is_string;
	take_inner(r, &in);
	return true;
}

/* Opens the object before the parser tries to read it as a request. This order saves time in a
 * stream with wrapped lines, because almost all of its lines are wrapped. An object that can be
 * opened is never a request. */
static bool open_at_once(struct line_parser *p, struct reading *r, bool plain)
{
	struct unwrapped in;

	if (!p->wrapped || p->config.by_tree || r->shown || r->cut || r->inner ||
		r->layers_n == ENVELOPE_LAYERS_MAX || r->len > LINE_BYTES_MAX)
		return false;
	p->wrapped = scan_read(p->outer, r->text, r->len, &p->unwrap.fields, &p->outer_values) &&
		     unwrap_values(&p->unwrap, &p->outer_values, r->text, r->len, plain, &in);
	if (p->wrapped)
		take_inner(r, &in);
	return p->wrapped;
}

static void show_value(struct line_member *m, const struct field *f)
{
	struct buf b;

	buf_init(&b, m->value, sizeof m->value - 1);
	buf_put_plain(&b, f->text, f->len);
}

static enum line_reason read_combined(struct line_parser *p, struct reading *r)
{
	struct combined c;
	struct request *q = &r->out->request;
	size_t len = r->len;

	while (len && r->text[len - 1] == '\r')
		len--;
	if (r->standard_error || !combined_read(r->text, len, &c) ||
		(c.truncated && r->inner && !r->may_be_part))
		return LINE_OTHER;
	if (r->shown) {
		r->shown->format = "combined";
		show_value(&r->shown->client, &c.client);
		show_value(&r->shown->time, &c.time);
		show_value(&r->shown->status, &c.status);
		show_value(&r->shown->method, &c.method);
		show_value(&r->shown->path, &c.path);
	}
	if (c.client.kind == FIELD_EMPTY)
		return LINE_NO_CLIENT;
	if (!combined_client(&c.client, &q->client))
		return c.truncated ? LINE_OTHER : LINE_BAD_CLIENT;
	q->has_time = c.time.kind == FIELD_TEXT;
	if (q->has_time && !timestamp_parse_next(&p->extract.day, c.time.text, c.time.len,
				   p->config.extract.zone, &q->time))
		return LINE_BAD_TIME;
	r->out->truncated = c.truncated;
	r->out->bad_status =
		c.status.kind == FIELD_TEXT && !format_status_value(&c.status, &q->status);
	combined_request(&c, q);
	q->count = 1;
	return LINE_OK;
}

/* Reads a combined line, or an object that contains a combined line. A client may choose the host
 * at the beginning of a combined line. So a text that begins with a brace, but is not an object, is
 * read as a combined line, too. */
static enum line_reason read_plain(struct line_parser *p, struct reading *r)
{
	bool whole = true;

	while (whole && r->len && r->text[0] == '{') {
		if (open_at_once(p, r, true))
			continue;
		whole = condense_long(p, r) && read_somehow(p, r, &whole) && whole;
		bool opened = open_object(p, r, whole ? LINE_OTHER : LINE_NOT_JSON, true);
		if (whole && !opened)
			return LINE_OTHER;
		if (!opened) {
			r->text = r->whole;
			r->len = r->whole_len;
		}
		whole = opened;
	}
	line_result_clear(r->out);
	return read_combined(p, r);
}

static enum line_reason read_json(struct line_parser *p, struct reading *r)
{
	(void)open_at_once(p, r, false);
	enum line_reason reason = read_object(p, r);
	while (reason != LINE_OK && open_object(p, r, reason, false)) {
		line_result_clear(r->out);
		reason = read_object(p, r);
	}
	return reason;
}

/* The place of the object after unknown text, or ENVELOPE_NONE. Other logs in the stream quote text
 * from clients, and their lines may be cut off: nginx cuts off the lines of its error log at 2048
 * bytes. So an object after a quote may be text from a client, even if the line ends with this
 * object. An incomplete object may also be text from a client, so it is not used. */
static size_t find_brace(const char *line, size_t len)
{
	const char *brace = memchr(line, '{', len);

	if (!brace || memchr(line, '"', (size_t)(brace - line)))
		return ENVELOPE_NONE;
	return (size_t)(brace - line);
}

enum line_reason line_explain(struct line_parser *p, const char *line, size_t len, bool cut,
	struct line_result *out, struct line_explanation *shown)
{
	struct reading r = {.cut = cut || len > LINE_LONGEST, .out = out, .shown = shown};
	struct envelope envelope = {.layers_n = 0};

	line_result_clear(out);
	if (shown)
		*shown = (struct line_explanation){0};
	if (len > LINE_LONGEST)
		len = LINE_LONGEST;
	if (memchr(line, '\0', len))
		return LINE_NUL;
	bool combined = p->config.combined;
	size_t before = (combined ? envelope_peel : envelope_len)(line, len, &envelope);
	r.loose = before == ENVELOPE_NONE && p->config.prefix_any && !combined;
	if (r.loose)
		before = find_brace(line, len);
	if (before == ENVELOPE_NONE)
		return LINE_OTHER;
	r.standard_error = envelope.standard_error;
	r.layers_n = envelope.layers_n;
	r.before = before;
	r.text = line + before;
	r.len = len - before;
	for (unsigned i = 0; shown && i < envelope.layers_n; i++)
		show_wrapper(&r, envelope.names[i]);
	enum line_reason reason = combined ? read_plain(p, &r) : read_json(p, &r);
	if (shown)
		shown->cut_off = out->truncated;
	return reason;
}

enum line_reason line_parse(
	struct line_parser *p, const char *line, size_t len, bool cut, struct line_result *out)
{
	return line_explain(p, line, len, cut, out, NULL);
}
