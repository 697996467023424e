/* counts_read.c - see counts_read.h.
 *
 * This file has its own parser of JSON, because a root reads millions of clients per second, and
 * cJSON allocates a node for each number. The parser reads the wanted members and skips all others,
 * without recursion. Of two members with the same name, the first is used.
 *
 * If the client program of a broker prints payloads unescaped, a newline in a payload makes two
 * lines, and the second line may begin with any topic. So a root should read a form in which the
 * payload is escaped (%j). */
#include "core/record/counts_read.h"

#include <string.h>

#include "core/base/num.h"
#include "core/base/timestamp.h"
#include "core/read/unescape.h"

/* Maximum depth of objects and arrays in a member that is not wanted. */
#define DEPTH_MAX 32
/* Every reader of JSON reads whole numbers up to 2^53 exactly. */
#define WHOLE_MAX (UINT64_C(1) << 53)

struct text {
	const char *s; /* NULL: absent */
	size_t len;
};

/* The text from `at` to `end` has not been read yet. */
struct cursor {
	const char *at, *end;
};

/* The wanted members of an object, as raw text; strings without their quotes. */
struct members {
	struct text event, time, mode, origin, run, seq;
	struct text topic, payload;
	bool payload_is_text;
	bool has_counts;  /* there is a member "counts", ... */
	bool counts_good; /* ... and its value is an array of arrays, which has been read */
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end &&
		(*c->at == ' ' || *c->at == '\t' || *c->at == '\r' || *c->at == '\n'))
		c->at++;
}

/* Skips blanks and the byte `want`. Returns false if another byte follows the blanks. */
static bool take_char(struct cursor *c, char want)
{
	skip_blanks(c);
	if (c->at == c->end || *c->at != want)
		return false;
	c->at++;
	return true;
}

/* Reads a string; c->at is after its opening quote. */
static bool take_rest_of_string(struct cursor *c, struct text *out)
{
	const char *start = c->at;

	for (;;) {
		const char *quote = memchr(c->at, '"', (size_t)(c->end - c->at));
		if (!quote)
			return false;
		const char *before = quote;
		while (before > start && before[-1] == '\\')
			before--;
		c->at = quote + 1;
		if ((quote - before) % 2 == 0) {
			*out = (struct text){start, (size_t)(quote - start)};
			return true;
		}
	}
}

/* Skips an object or an array from its opening bracket on. Brackets must match. The text between
 * them is not checked. */
static bool skip_nested(struct cursor *c)
{
	uint32_t braces = 0; /* a bit per open bracket, set for a brace */
	struct text inner;
	int depth = 0;

	do {
		if (c->at == c->end)
			return false;
		char byte = *c->at++;
		if (byte == '"' && !take_rest_of_string(c, &inner))
			return false;
		if (byte == '{' || byte == '[') {
			if (depth++ == DEPTH_MAX)
				return false;
			braces = braces << 1 | (byte == '{');
		} else if (byte == '}' || byte == ']') {
			if ((braces & 1) != (byte == '}'))
				return false;
			depth--;
			braces >>= 1;
		}
	} while (depth > 0);
	return true;
}

static bool is_plain(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '-' ||
	       byte == '+' || byte == '.' || byte == 'E';
}

/* Reads any value. Sets *is_text if the value is a string. */
static bool take_value(struct cursor *c, struct text *out, bool *is_text)
{
	const char *start;

	skip_blanks(c);
	if (c->at == c->end)
		return false;
	start = c->at;
	*is_text = *start == '"';
	if (*is_text) {
		c->at++;
		return take_rest_of_string(c, out);
	}
	if (*start == '{' || *start == '[') {
		if (!skip_nested(c))
			return false;
	} else {
		while (c->at < c->end && is_plain(*c->at))
			c->at++;
	}
	*out = (struct text){start, (size_t)(c->at - start)};
	return out->len > 0;
}

/* Reads a number of requests and the byte after it, without blanks. Returns NULL if no number
 * begins at `at`, or if the number is over the limit. A leading zero is an error, too, because JSON
 * forbids it. */
static inline const char *read_count(const char *at, const char *end, char behind, uint32_t *out)
{
	const char *start = at;
	uint32_t v = 0;

	while (at < end && *at >= '0' && *at <= '9' && v <= COUNTS_REQUESTS_MAX)
		v = v * 10 + (uint32_t)(*at++ - '0');
	*out = v;
	if (at == start || at == end || *at != behind || v > COUNTS_REQUESTS_MAX)
		return NULL;
	return *start == '0' && at > start + 1 ? NULL : at + 1;
}

/* Reads a client; `at` is after its opening quote. Returns the closing quote, or NULL if the text
 * is not an address. */
static const char *read_client(const char *at, const char *end, struct address *out)
{
	const char *quote = address_read_v4(at, end, out);

	if (quote && quote < end && *quote == '"')
		return quote;
	quote = memchr(at, '"', (size_t)(end - at));
	return quote && address_parse_prefix(at, (size_t)(quote - at), out) ? quote : NULL;
}

/* Reads an element in its usual form: no blanks, no escapes, all numbers in their ranges. For any
 * other element, returns false and leaves the cursor unchanged. */
static bool take_usual_element(struct cursor *c, struct counts_line *out)
{
	struct counts_element *e = &out->elements[out->elements_n];
	const char *quote;

	if (c->end - c->at < 2 || c->at[1] != '"')
		return false;
	quote = read_client(c->at + 2, c->end, &e->client);
	if (!quote || c->end - quote < 2 || quote[1] != ',')
		return false;
	const char *at = read_count(quote + 2, c->end, ',', &e->requests);
	at = at ? read_count(at, c->end, ',', &e->errors) : NULL;
	at = at ? read_count(at, c->end, ']', &e->own) : NULL;
	if (!at || e->requests == 0 || e->errors > e->requests || e->own > e->errors)
		return false;
	c->at = at;
	out->elements_n++;
	return true;
}

/* Like read_count, but allows blanks. */
static bool take_number(struct cursor *c, char behind, uint32_t *out)
{
	const char *start, *end;

	skip_blanks(c);
	start = c->at;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	end = c->at;
	return take_char(c, behind) && end > start && end - start <= NUM_DIGITS_MAX &&
	       read_count(start, end + 1, *end, out);
}

/* Reads an element that is valid, but contains blanks. */
static bool take_loose_element(struct cursor *c, struct counts_line *out)
{
	struct counts_element *e = &out->elements[out->elements_n];
	struct cursor at = {c->at + 1, c->end};
	struct text client;

	if (!take_char(&at, '"') || !take_rest_of_string(&at, &client) || !take_char(&at, ',') ||
		!take_number(&at, ',', &e->requests) || !take_number(&at, ',', &e->errors) ||
		!take_number(&at, ']', &e->own))
		return false;
	if (e->requests == 0 || e->errors > e->requests || e->own > e->errors ||
		!address_parse_prefix(client.s, client.len, &e->client))
		return false;
	*c = at;
	out->elements_n++;
	return true;
}

/* Skips an array that is not a valid element. Counts it in bad_counts if it begins with an address,
 * otherwise in bad_clients. */
static bool pass_element(struct cursor *c, struct counts_line *out)
{
	struct address client;
	struct cursor inside = {c->at + 1, c->end};
	struct text value;
	bool is_text;

	if (!skip_nested(c))
		return false;
	if (take_value(&inside, &value, &is_text) && is_text &&
		address_parse_prefix(value.s, value.len, &client))
		out->bad_counts++;
	else
		out->bad_clients++;
	return true;
}

static bool take_element(struct cursor *c, struct counts_line *out)
{
	skip_blanks(c);
	if (c->at == c->end || *c->at != '[' || out->elements_n == COUNTS_ELEMENTS_MAX)
		return false;
	return take_usual_element(c, out) || take_loose_element(c, out) || pass_element(c, out);
}

/* Reads the value of "counts". */
static bool take_elements(struct cursor *c, struct counts_line *out)
{
	out->elements_n = out->bad_clients = out->bad_counts = 0;
	if (!take_char(c, '['))
		return false;
	out->heartbeat = take_char(c, ']');
	if (out->heartbeat)
		return true;
	do {
		if (!take_element(c, out))
			return false;
	} while (take_char(c, ','));
	return take_char(c, ']');
}

static bool is_word(struct text t, const char *word)
{
	return t.len == strlen(word) && memcmp(t.s, word, t.len) == 0;
}

static struct text *find_member(struct members *m, struct text name, bool *wants_text)
{
	const struct {
		const char *name;
		struct text *member;
		bool is_text;
	} all[] = {{"event", &m->event, true}, {"time", &m->time, true}, {"mode", &m->mode, true},
		{"origin", &m->origin, true}, {"run", &m->run, false}, {"seq", &m->seq, false},
		{"topic", &m->topic, true}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (!is_word(name, all[i].name))
			continue;
		*wants_text = all[i].is_text;
		return all[i].member;
	}
	return NULL;
}

static void keep_member(struct members *m, struct text name, struct text value, bool is_text)
{
	bool wants_text;
	struct text *member = find_member(m, name, &wants_text);

	if (member && !member->s) /* a member of the wrong type counts as present, but empty */
		*member = wants_text == is_text ? value : (struct text){"", 0};
	if (is_word(name, "payload") && !m->payload.s) {
		m->payload = value;
		m->payload_is_text = is_text;
	}
}

/* Reads a member after its name. The elements of the first "counts" are read directly, because a
 * second pass over them would take as long as the first. */
static bool take_member(
	struct cursor *c, struct text name, struct members *m, struct counts_line *line)
{
	struct cursor start = *c;
	struct text value;
	bool is_text;

	if (is_word(name, "counts") && !m->has_counts) {
		m->has_counts = true;
		m->counts_good = take_elements(c, line);
		if (m->counts_good)
			return true;
		*c = start;
	}
	if (!take_value(c, &value, &is_text))
		return false;
	keep_member(m, name, value, is_text);
	return true;
}

/* Reads one object. Returns false if the text is not exactly one object. */
static bool read_object(const char *s, size_t len, struct members *out, struct counts_line *line)
{
	struct cursor c = {s, s + len};
	struct text name;

	*out = (struct members){.payload_is_text = false};
	if (!take_char(&c, '{'))
		return false;
	if (!take_char(&c, '}')) {
		do {
			if (!take_char(&c, '"') || !take_rest_of_string(&c, &name) ||
				!take_char(&c, ':') || !take_member(&c, name, out, line))
				return false;
		} while (take_char(&c, ','));
		if (!take_char(&c, '}'))
			return false;
	}
	skip_blanks(&c);
	return c.at == c.end;
}

/* Reads a whole number from 1 on. */
static bool read_number(struct text t, uint64_t *out)
{
	return t.s && num_u64(t.s, t.len, out) && *out >= 1 && *out <= WHOLE_MAX;
}

/* Whether the last word of a topic is the origin. The last word begins after the last '/'. A topic
 * of Kafka has no '/', so its last word begins after the first '.'. An origin may itself contain
 * dots. */
static bool names_origin(struct text topic, struct text origin)
{
	const char *slash = memrchr(topic.s, '/', topic.len);
	const char *dot = memchr(topic.s, '.', topic.len);
	const char *start = slash ? slash + 1 : dot ? dot + 1 : topic.s;
	size_t len = (size_t)(topic.s + topic.len - start);

	return len == origin.len && memcmp(start, origin.s, len) == 0;
}

static enum counts_reason read_members(
	const struct members *m, struct text topic, struct counts_line *out)
{
	if (!m->event.s || !is_word(m->event, "counts"))
		return COUNTS_OTHER;
	if (!m->origin.s || !counts_is_origin(m->origin.s, m->origin.len) ||
		(topic.s && !names_origin(topic, m->origin)))
		return COUNTS_BAD_ORIGIN;
	memcpy(out->origin, m->origin.s, m->origin.len);
	out->origin[m->origin.len] = '\0';
	if (!m->time.s || !timestamp_parse(m->time.s, m->time.len, NULL, &out->time))
		return COUNTS_BAD_TIME;
	if (!m->mode.s || !read_number(m->run, &out->run) || !read_number(m->seq, &out->seq))
		return COUNTS_NOT_JSON;
	out->replay = is_word(m->mode, "replay");
	if (!out->replay && !is_word(m->mode, "live"))
		return COUNTS_NOT_JSON;
	return m->counts_good ? COUNTS_OK : COUNTS_NOT_JSON;
}

static enum counts_reason read_message(
	const char *s, size_t len, struct text topic, struct counts_line *out)
{
	struct members m;

	if (len >= COUNTS_BYTES_MAX)
		return COUNTS_TOO_LONG;
	return read_object(s, len, &m, out) ? read_members(&m, topic, out) : COUNTS_NOT_JSON;
}

/* Reads a message inside the JSON that the client program of a broker prints. */
static enum counts_reason read_wrapped(const struct members *outer, struct counts_line *out)
{
	char payload[COUNTS_LINE_MAX];
	size_t len;

	if (!outer->topic.s || !outer->payload.s)
		return COUNTS_OTHER;
	if (!outer->payload_is_text)
		return read_message(outer->payload.s, outer->payload.len, outer->topic, out);
	if (!unescape_text(outer->payload.s, outer->payload.len, payload, &len))
		return COUNTS_NOT_JSON;
	if (len > 0 && payload[0] != '{')
		return COUNTS_OTHER;
	return read_message(payload, len, outer->topic, out);
}

enum counts_reason counts_read(const char *line, size_t len, bool cut, struct counts_line *out)
{
	struct cursor c = {line, line + len};
	struct text topic = {NULL, 0};
	struct members m;

	skip_blanks(&c);
	line = c.at;
	len = (size_t)(c.end - c.at);
	const char *brace = memchr(line, '{', len);
	if (!brace)
		return COUNTS_OTHER;
	if (cut || len > COUNTS_LINE_MAX)
		return COUNTS_TOO_LONG;
	if (brace > line) {
		topic = (struct text){line, (size_t)(brace - line) - 1};
		if (brace[-1] != ' ' || topic.len == 0 || memchr(topic.s, ' ', topic.len))
			return COUNTS_OTHER;
		return read_message(brace, len - (size_t)(brace - line), topic, out);
	}
	if (!read_object(line, len, &m, out))
		return COUNTS_NOT_JSON;
	if (!m.event.s)
		return read_wrapped(&m, out);
	return len >= COUNTS_BYTES_MAX ? COUNTS_TOO_LONG : read_members(&m, topic, out);
}

uint64_t *counts_counter(struct counters *c, enum counts_reason reason)
{
	switch (reason) {
	case COUNTS_OK:
		return NULL;
	case COUNTS_OTHER:
		return &c->other;
	case COUNTS_NOT_JSON:
		return &c->not_json;
	case COUNTS_BAD_TIME:
		return &c->bad_time;
	case COUNTS_BAD_ORIGIN:
		return &c->bad_origin;
	case COUNTS_TOO_LONG:
		return &c->too_long;
	}
	return NULL;
}
