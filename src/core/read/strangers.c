/* strangers.c - see strangers.h. */
#include "core/read/strangers.h"

#include <string.h>

#include "core/base/address.h"
#include "core/read/combined.h"
#include "core/read/envelope.h"

static bool names_nobody(const struct line_explanation *shown, enum line_reason reason)
{
	const struct line_member *m = &shown->client;

	if (!m->name[0])
		return false;
	if (reason == LINE_NO_CLIENT)
		return m->value[0] == '\0';
	return reason == LINE_BAD_CLIENT &&
	       (strcmp(m->value, "-") == 0 || strcmp(m->value, "unix:") == 0);
}

/* Recognises an object at the beginning of the line, after blanks, or in a wrapper. At any other
 * place, an object is only recognised if it contains an address. */
static enum stranger_kind look_at_object(
	struct stranger *s, const char *line, size_t len, const struct line_explanation *shown)
{
	const char *brace = memchr(line, '{', len);
	size_t before = brace ? (size_t)(brace - line) : 0, blanks = 0;

	if (!brace || !address_members_find(brace, len - before, shown->wrapper[0], &s->addresses))
		return STRANGER_PLAIN;
	if (before >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		blanks = 3;
	while (blanks < before && (line[blanks] == ' ' || line[blanks] == '\t'))
		blanks++;
	if (shown->wrapper[0] || blanks == before)
		return STRANGER_UNKNOWN;
	return s->addresses.n ? STRANGER_PREFIXED : STRANGER_PLAIN;
}

/* Whether --format combined would read a request from the line. */
static bool is_combined(const char *line, size_t len)
{
	struct envelope envelope = {.layers_n = 0};
	struct combined c;
	struct address a;

	if (memchr(line, '\0', len))
		return false;
	while (len && line[len - 1] == '\r')
		len--;
	size_t before = envelope_peel(line, len, &envelope);
	return before != ENVELOPE_NONE && combined_read(line + before, len - before, &c) &&
	       c.status.kind != FIELD_ABSENT && address_parse_peer(c.client.text, c.client.len, &a);
}

/* Whether the line contains counts: as anomcount prints them, or in a string, as the client program
 * of a broker prints them. */
static bool is_counts(const char *line, size_t len)
{
	static const char bare[] = "\"event\":\"counts\"",
			  inside[] = "\\\"event\\\":\\\"counts\\\"";

	return memmem(line, len, bare, sizeof bare - 1) ||
	       memmem(line, len, inside, sizeof inside - 1);
}

/* Whether the line begins as every event does. */
static bool is_event(const char *line, size_t len)
{
	static const char start[] = "{\"event\":\"", time[] = "\",\"time\":\"";

	return len > sizeof start && memcmp(line, start, sizeof start - 1) == 0 &&
	       memmem(line, len < 64 ? len : 64, time, sizeof time - 1);
}

void stranger_look(struct stranger *s, struct input_kinds *kinds, const struct line_config *config,
	const char *line, size_t len, enum line_reason reason, const struct line_explanation *shown)
{
	*s = (struct stranger){.input = input_kinds_look(kinds, line, len),
		.format = config->extract.format ? config->extract.format->name : NULL,
		.named = config->extract.names.client,
		.client = shown->client};
	if (is_counts(line, len)) {
		s->kind = STRANGER_COUNTS;
		return;
	}
	if (is_event(line, len)) {
		s->kind = STRANGER_EVENT;
		return;
	}
	if (reason == LINE_NO_CLIENT || reason == LINE_BAD_CLIENT) {
		(void)look_at_object(s, line, len, shown);
		if (names_nobody(shown, reason))
			s->kind = STRANGER_EMPTY;
		else if (reason == LINE_NO_CLIENT)
			s->kind = STRANGER_NAMELESS;
	} else if (s->input != INPUT_LINE) {
		s->kind = STRANGER_INPUT;
	} else if (reason == LINE_NOT_JSON) {
		s->kind = shown->cut_off ? STRANGER_CUT : STRANGER_PLAIN;
	} else if (reason == LINE_OTHER && !config->combined && is_combined(line, len)) {
		s->kind = STRANGER_COMBINED;
	} else if (reason == LINE_OTHER) {
		s->kind = look_at_object(s, line, len, shown);
		if (config->combined && s->kind == STRANGER_UNKNOWN)
			s->kind = STRANGER_JSON;
	}
	if (s->kind == STRANGER_PLAIN && (reason == LINE_OTHER || reason == LINE_NUL)) {
		s->input = input_kinds_guess(kinds, line, len);
		s->kind = s->input == INPUT_LINE ? STRANGER_PLAIN : STRANGER_INPUT;
	}
}

static void put_addresses(struct buf *b, const struct address_members *m)
{
	if (m->n)
		buf_put_text(b, m->n == 1 ? "\nan address: " : "\naddresses: ");
	else
		buf_put_text(b, "\nnone of its members contains an address");
	for (size_t i = 0; i < m->n; i++)
		buf_put_format(
			b, "%s%s = %s", i ? ", " : "", m->at[i].member.name, m->at[i].member.value);
}

/* Whether the name needs no quotes in a shell. Other names from a log are printed in quotes. */
static bool is_plain_name(const char *name)
{
	return strspn(name,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@:") ==
	       strlen(name);
}

static void put_name(struct buf *b, const char *name)
{
	const char *quote = is_plain_name(name) ? "" : "'";

	buf_put_format(b, "%s%s%s", quote, name, quote);
}

/* Writes advice on which member the user should name with --client. */
static void put_choice(struct buf *b, const struct address_members *m)
{
	const struct address_member *peer = address_members_first(m, ADDRESS_PEER);
	const struct address_member *header = address_members_first(m, ADDRESS_HEADER);

	put_addresses(b, m);
	if (peer) {
		buf_put_text(b,
			"\nif this is the access log, and the server copies the following member "
			"from the connection: --client ");
		put_name(b, peer->member.name);
	}
	if (header) {
		buf_put_format(b,
			"\n%s has the name or the form of a request header, which any visitor can "
			"forge%s",
			header->member.name,
			peer ? "" : ": log the address of the connection, too");
		buf_put_text(b, "\nbehind a proxy: --trust-proxy PROXY --forwarded ");
		put_name(b, header->member.name);
	}
}

/* Writes which names are missing, unless the line's reject reason already names them. */
static void put_missing(struct buf *b, const struct stranger *s)
{
	if (s->named)
		buf_put_format(b, "it has no member %s, which --client names", s->named);
	else if (s->format)
		buf_put_format(b,
			"it is JSON, but without the member names of --format "
			"%s",
			s->format);
	else if (s->kind == STRANGER_UNKNOWN)
		buf_put_text(b, "it is JSON, but without the member names of an access log");
}

void stranger_put_advice(struct buf *b, const struct stranger *s)
{
	switch (s->kind) {
	case STRANGER_INPUT:
		buf_put_text(b, input_kind_advice(s->input));
		break;
	case STRANGER_JSON:
		buf_put_text(b, "it is JSON: leave out --format combined");
		break;
	case STRANGER_COMBINED:
		buf_put_text(b, "it is a line of the common or combined log format\n"
				"give --format combined, or let the server log JSON");
		break;
	case STRANGER_COUNTS:
		buf_put_text(b, "it is a line of counts, as anomcount prints it\n"
				"give --format counts to anomdetect");
		break;
	case STRANGER_EVENT:
		buf_put_text(b,
			"it is an event, as anomdetect prints it\n"
			"give this program the server's access log; events go to anomban, and to "
			"filters such as anom-notify");
		break;
	case STRANGER_CUT:
		buf_put_text(b, "the line is cut off before the member with the client\n"
				"log the client first, and raise the maximum length of a line "
				"(rsyslog: global(maxMessageSize); HAProxy: len)");
		break;
	case STRANGER_UNKNOWN:
	case STRANGER_NAMELESS:
		put_missing(b, s);
		put_choice(b, &s->addresses);
		break;
	case STRANGER_PREFIXED:
		buf_put_text(b,
			"it is a JSON object after text that is not a known "
			"header\n--prefix-any reads it, at a risk: anybody who can write into "
			"that text, as visitors can into an error log, can name any client");
		break;
	case STRANGER_EMPTY:
		buf_put_format(b, "%s is %s, so the line names no client\n", s->client.name,
			s->client.value[0] ? s->client.value : "empty");
		if (strcmp(s->client.name, "remote_addr") == 0)
			buf_put_text(b, "if nginx listens on a unix socket: give nginx "
					"set_real_ip_from unix: and real_ip_header, or "
					"proxy_protocol");
		else
			buf_put_text(b, "let the server log the address of the connection there");
		break;
	case STRANGER_PLAIN:
	case STRANGER_KIND_COUNT:
		break;
	}
}

bool stranger_host(const char *line, size_t len, const struct line_explanation *shown,
	const struct address *client, struct line_member *host)
{
	const char *brace = memchr(line, '{', len);
	struct address_members members;
	struct address a;

	if (!shown->format || strcmp(shown->format, "traefik") != 0 || shown->forwarded.name[0] ||
		shown->unbelieved.name[0] || !brace ||
		!address_members_find(
			brace, len - (size_t)(brace - line), shown->wrapper[0], &members))
		return false;
	const struct address_member *m = address_members_named(&members, "ClientHost");
	if (!m || !address_parse_peer(m->member.value, strlen(m->member.value), &a) ||
		address_equal(&a, client))
		return false;
	*host = m->member;
	return true;
}

bool strangers_want(const struct strangers *all)
{
	return all->looked < STRANGERS_MAX;
}

void strangers_note(struct strangers *all, const struct line_config *config, const char *line,
	size_t len, enum line_reason reason, const struct line_explanation *shown)
{
	struct stranger s;

	if (!strangers_want(all))
		return;
	all->looked++;
	stranger_look(&s, &all->kinds, config, line, len, reason, shown);
	struct stranger *first = &all->first[s.kind];
	if (s.kind == STRANGER_INPUT)
		all->inputs[s.input]++;
	if (s.kind == STRANGER_INPUT && s.input == INPUT_TAIL)
		return; /* tail printed the line */
	if (!all->n[s.kind]++ || (!first->addresses.n && s.addresses.n))
		*first = s;
}

void strangers_put_advice(struct buf *b, const struct strangers *all)
{
	int most = STRANGER_PLAIN, input = INPUT_GZIP;

	for (int k = 1; k < STRANGER_KIND_COUNT; k++)
		if (all->n[k] > all->n[most])
			most = k;
	struct stranger s = all->first[most];
	for (int k = input + 1; k < INPUT_TAIL; k++)
		if (all->inputs[k] > all->inputs[input])
			input = k;
	s.input = (enum input_kind)input;
	stranger_put_advice(b, &s);
}

void strangers_put_line(struct buf *b, const struct strangers *all)
{
	char text[STRANGERS_LINE_CAP];
	struct buf sentences;

	buf_init(&sentences, text, sizeof text);
	strangers_put_advice(&sentences, all);
	for (size_t at = 0; at < sentences.len;) {
		const char *end = memchr(text + at, '\n', sentences.len - at);
		size_t len = end ? (size_t)(end - text) - at : sentences.len - at;
		buf_put_text(b, len ? "; " : "");
		buf_put_bytes(b, text + at, len);
		at += len + 1;
	}
}

static bool is_read_as(const char *format, const char *line, size_t len)
{
	struct line_config config = {.by_tree = false};
	struct line_result result;
	struct line_parser *parser = line_format(format, &config) ? line_parser_new(&config) : NULL;
	enum line_reason reason = LINE_OTHER;

	if (parser)
		reason = line_parse(parser, line, len, false, &result);
	line_parser_free(parser);
	return reason == LINE_OK || reason == LINE_BAD_TIME;
}

bool stranger_is_request(const char *line, size_t len)
{
	return is_read_as("auto", line, len) || is_read_as("combined", line, len);
}
