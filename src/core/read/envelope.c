/* envelope.c - see envelope.h.
 *
 * Each layer has its own grammar. A layer is parsed from left to right, with a cursor that never
 * moves past the end of the line. The first matching layer of the table is removed; no other layer
 * is tried for the same text. So the table lists specific layers before general layers: "TIME
 * stdout F " before "TIME ". The next layer must begin where the previous layer ends: no text
 * between them is skipped.
 */
#include "core/read/envelope.h"

#include <string.h>

#include "core/base/timestamp.h"
#include "core/read/header.h"

/* The longest label of a Kubernetes name (RFC 1123). */
#define LABEL_MAX 63

/* ---- layers: each function skips its layer, or returns false with the cursor anywhere ---- */

static bool peel_mark(struct header *r)
{
	return header_skip_text(r, "\xef\xbb\xbf");
}

/* "<34>" */
static bool peel_priority(struct header *r)
{
	if (!header_skip_text(r, "<"))
		return false;
	size_t digits = header_span_of(r->s, r->end, HEADER_DIGIT, 3);
	r->s += digits;
	return digits && header_skip_text(r, ">");
}

/* "123 " before a priority: the length of the frame in bytes (RFC 6587). If the line is shorter
 * than the frame, it was cut off. If the line is longer, it contains a second frame and does not
 * match. */
static bool peel_octet_count(struct header *r)
{
	size_t count = 0;
	const char *end = r->end;

	if (r->s == end || *r->s == '0')
		return false;
	for (int i = 0; i < 7 && r->s < end && header_is_one_of(*r->s, HEADER_DIGIT); i++)
		count = count * 10 + (size_t)(*r->s++ - '0');
	if (!count || !header_skip_text(r, " ") || r->s == end || *r->s != '<')
		return false;
	if (end[-1] == '\r')
		end--;
	return (size_t)(end - r->s) <= count;
}

/* "[<PRI>]Nov 22 04:16:00 [HOST ]TAG[PID]: ". A year may follow the day, and decimals may follow
 * the seconds (journalctl -o short-precise). */
static bool peel_rfc3164(struct header *r)
{
	if (r->s < r->end && *r->s == '<' && !peel_priority(r))
		return false;
	if (!header_eat_word_of(r, "JanFebMarAprMayJunJulAugSepOctNovDec", 3) ||
		!header_eat_shape(r, " bd "))
		return false;
	(void)header_eat_shape(r, "dddd ");
	return header_eat_clock(r) && header_skip_text(r, " ") && header_eat_tag(r, true);
}

/* One or more [...] elements; an escaped \] does not end an element. */
static bool eat_structured_data(struct header *r)
{
	if (!header_skip_text(r, "["))
		return false;
	bool inside = true, quoted = false;
	for (; r->s < r->end; r->s++) {
		char c = *r->s;
		if (!inside && c == ' ') {
			r->s++;
			return true;
		}
		if (!inside && c != '[')
			return false;
		if (!inside)
			inside = true;
		else if (c == '\\' && quoted && r->s + 1 < r->end)
			r->s++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ']' && !quoted)
			inside = false;
	}
	return false;
}

/* "<PRI>1 TIME HOST APP PROCID MSGID - ", or structured data instead of the last -. */
static bool peel_rfc5424(struct header *r)
{
	const char *token;
	size_t len;
	struct instant t;

	if (!peel_priority(r) || !header_skip_text(r, "1 ") || !header_eat_token(r, &token, &len))
		return false;
	if (!(len == 1 && *token == '-') && !timestamp_parse(token, len, NULL, &t))
		return false;
	for (int i = 0; i < 4; i++) /* HOST APP PROCID MSGID */
		if (!header_eat_token(r, &token, &len))
			return false;
	if (!header_skip_text(r, "- ") && !eat_structured_data(r))
		return false;
	(void)peel_mark(r);
	(void)header_eat_blanks(r);
	return true;
}

/* "TIME HOST TAG: " of rsyslog's files and of journalctl -o short-iso. A time with more than six
 * decimals does not match, because Docker writes nine. The text after Docker's time is the output
 * of a program, such as "PHP message: ". */
static bool peel_dated_syslog(struct header *r)
{
	const char *time, *point;
	size_t len;

	if (!header_eat_time(r, &time, &len) || !header_eat_tag(r, false) ||
		!header_is_dated(time, len))
		return false;
	point = memchr(time, '.', len);
	return !point || header_span_of(point + 1, time + len, HEADER_DIGIT, 9) <= 6;
}

/* "<PRI>TIME HOST TAG: ": RSYSLOG_ForwardFormat of rsyslog */
static bool peel_forwarded_syslog(struct header *r)
{
	return peel_priority(r) && peel_dated_syslog(r);
}

/* "Sun 2026-11-22 04:16:00 CET HOST TAG: " of journalctl -o short-full */
static bool peel_journal(struct header *r)
{
	const char *zone;
	size_t len;

	return header_eat_word_of(r, "MonTueWedThuFriSatSun", 3) &&
	       header_eat_shape(r, " dddd-dd-dd ") && header_eat_clock(r) &&
	       header_skip_text(r, " ") && header_eat_token(r, &zone, &len) &&
	       header_span_of(zone, zone + len,
		       HEADER_UPPER | HEADER_DIGIT | HEADER_PLUS | HEADER_DASH, 6) == len &&
	       header_eat_tag(r, false);
}

/* "1795320960.123456 HOST TAG: " and "[ 1234.567890] HOST TAG: " of journalctl -o short-unix and
 * short-monotonic. Both forms have six decimals. */
static bool peel_journal_seconds(struct header *r)
{
	bool bracket = header_skip_text(r, "[");

	while (bracket && header_skip_text(r, " "))
		;
	size_t digits = header_span_of(r->s, r->end, HEADER_DIGIT, 10);
	r->s += digits;
	return digits > 0 && (bracket || digits == 10) && header_eat_shape(r, ".dddddd") &&
	       header_skip_text(r, bracket ? "] " : " ") && header_eat_tag(r, false);
}

static bool peel_cri(struct header *r)
{
	const char *time;
	size_t len;

	if (!header_eat_time(r, &time, &len))
		return false;
	/* F is a full line, and P is part of a split line. The first part counts as a line that was
	 * cut off. The other parts do not match, because they do not begin with an object. */
	if (header_skip_text(r, "stderr ")) /* Caddy logs to stderr */
		r->standard_error = true;
	else if (!header_skip_text(r, "stdout "))
		return false;
	return (header_skip_text(r, "F ") || header_skip_text(r, "P ")) &&
	       header_is_dated(time, len);
}

/* "TIME app[web.1]: " of Heroku. The brackets are required. Without them, "TIME ERROR: " of a
 * program would match, and text from a client may follow it. */
static bool peel_platform(struct header *r)
{
	const char *time;
	size_t len, n;

	if (!header_eat_time(r, &time, &len))
		return false;
	n = header_span_of(
		r->s, r->end, HEADER_LOWER | HEADER_DIGIT | HEADER_DASH | HEADER_SCORE, LABEL_MAX);
	r->s += n;
	if (!n || !header_skip_text(r, "["))
		return false;
	n = header_span_of(
		r->s, r->end, HEADER_WORD | HEADER_DASH | HEADER_SCORE | HEADER_DOT, LABEL_MAX);
	r->s += n;
	return n && header_skip_text(r, "]: ") && header_is_dated(time, len);
}

/* "TIME " of docker logs -t and kubectl logs --timestamps */
static bool peel_time(struct header *r)
{
	const char *time;
	size_t len;

	return header_eat_time(r, &time, &len) && header_is_dated(time, len);
}

/* "@cee:": https://www.rsyslog.com/doc/configuration/modules/mmjsonparse.html */
static bool peel_cookie(struct header *r)
{
	if (!header_skip_text(r, "@cee:"))
		return false;
	(void)header_eat_blanks(r);
	return true;
}

/* "web-1  | " of docker compose logs, "web.1.q2d9x0v4kq5b@node1    | " of docker service logs. Both
 * add blanks to shorter names, so that all bars are in one column. At least two blanks precede the
 * bar. Exception: the old docker-compose writes only one blank after the longest of the containers'
 * names, as in "web_1 | ". */
static bool peel_container(struct header *r)
{
	const char *name = r->s;
	size_t len = header_span_of(name, r->end,
		HEADER_WORD | HEADER_SCORE | HEADER_DOT | HEADER_DASH | HEADER_AT,
		HEADER_TOKEN_MAX);

	if (!len || !header_is_one_of(*name, HEADER_WORD) || header_is_level(name, len))
		return false;
	r->s += len;
	if (!header_eat_blanks(r) || !header_skip_text(r, "| "))
		return false;
	return r->s - (name + len) > 3 ||
	       (header_is_one_of(name[len - 1], HEADER_DIGIT) && memchr(name, '_', len));
}

/* "[pod/web-0/nginx] " of kubectl logs --prefix */
static bool peel_pod_prefix(struct header *r)
{
	if (!header_skip_text(r, "[pod/"))
		return false;
	for (int i = 0; i < 2; i++) {
		size_t n = header_span_of(r->s, r->end,
			HEADER_LOWER | HEADER_DIGIT | HEADER_DOT | HEADER_DASH, HEADER_TOKEN_MAX);
		r->s += n;
		if (!n || !header_skip_text(r, i == 0 ? "/" : "] "))
			return false;
	}
	return true;
}

/* Whether text[0..len) ends in a dash and `min` to `max` bytes of the set, with at least one byte
 * before the dash. If so, *len is shortened to the text before the dash. */
static bool cut_suffix(const char *text, size_t *len, unsigned set, size_t min, size_t max)
{
	size_t n = 0;

	while (n < *len && n <= max && header_is_one_of(text[*len - 1 - n], set))
		n++;
	if (n < min || n > max || *len < n + 2 || text[*len - 1 - n] != '-')
		return false;
	*len -= n + 1;
	return true;
}

/* Whether the container's name is part of the pod's name, or is the name of a server. Without this
 * check, the sentence "worker-1 received {" would match. */
static bool is_container_of(const char *name, size_t len, const char *pod, size_t pod_len)
{
	static const char *const servers[] = {"nginx", "apache", "httpd", "caddy", "traefik",
		"haproxy", "envoy", "istio-proxy", "kong", "apisix", "openresty", "angie"};

	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		if (strlen(servers[i]) == len && memcmp(servers[i], name, len) == 0)
			return true;
	for (size_t i = 0; i + len <= pod_len; i++)
		if (memcmp(pod + i, name, len) == 0 && (i == 0 || pod[i - 1] == '-') &&
			(i + len == pod_len || pod[i + len] == '-'))
			return true;
	return false;
}

/* "POD CONTAINER " of stern. Kubernetes generates the pod's name: NAME-HASH-SUFFIX of a deployment,
 * NAME-SUFFIX of a daemon set, NAME-NUMBER of a stateful set. HASH is a 32-bit number in decimal;
 * each digit is replaced by a fixed letter or another digit. SUFFIX has no vowels:
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go */
static bool peel_stern(struct header *r)
{
	const char *pod, *name;
	size_t pod_len, len;

	if (!header_eat_token(r, &pod, &pod_len) || !header_eat_token(r, &name, &len))
		return false;
	if (header_span_of(pod, pod + pod_len, HEADER_LOWER | HEADER_DIGIT | HEADER_DASH,
		    HEADER_TOKEN_MAX) != pod_len ||
		header_span_of(name, name + len, HEADER_LOWER | HEADER_DIGIT | HEADER_DASH,
			LABEL_MAX) != len ||
		*pod == '-' || *name == '-')
		return false;
	if (cut_suffix(pod, &pod_len, HEADER_GENERATED, 5, 5)) {
		if (cut_suffix(pod, &pod_len, HEADER_HASHED, 6, 10))
			return true;
	} else if (!cut_suffix(pod, &pod_len, HEADER_DIGIT, 1, 4)) {
		return false;
	}
	return is_container_of(name, len, pod, pod_len);
}

/* ---- all layers ---- */

static const struct layer {
	const char *name; /* for messages; NULL: messages do not name this layer */
	unsigned first;   /* classes of the layer's first byte; `peel` is called only for these */
	bool (*peel)(struct header *);
} layers[] = {
	{NULL, HEADER_OPENER, peel_mark},
	{NULL, HEADER_OPENER, header_eat_blanks},
	{"an octet count", HEADER_DIGIT, peel_octet_count},
	{"an RFC 5424 syslog header", HEADER_OPENER, peel_rfc5424},
	{"an RFC 3164 syslog header", HEADER_OPENER | HEADER_UPPER, peel_rfc3164},
	{"rsyslog's forwarding header", HEADER_OPENER, peel_forwarded_syslog},
	{"a syslog priority", HEADER_OPENER, peel_priority},
	{"a CRI header", HEADER_DIGIT, peel_cri},
	{"rsyslog's file header", HEADER_DIGIT, peel_dated_syslog},
	{"a journal header", HEADER_UPPER, peel_journal},
	{"a journal header", HEADER_DIGIT | HEADER_OPENER, peel_journal_seconds},
	{"a platform's header", HEADER_DIGIT, peel_platform},
	{"a timestamp", HEADER_DIGIT, peel_time},
	{"@cee:", HEADER_OPENER, peel_cookie},
	{"a container's name", HEADER_WORD, peel_container},
	{"a pod's name", HEADER_OPENER, peel_pod_prefix},
	{"a pod's and a container's name", HEADER_LOWER | HEADER_DIGIT, peel_stern},
};

#define LAYERS_N (sizeof layers / sizeof *layers)

/* Removes one layer. Returns false if no layer matches. */
static bool peel_one(const char **text, const char *end, struct envelope *e)
{
	for (size_t i = 0; i < LAYERS_N; i++) {
		struct header r = {*text, end, false};
		if (!header_is_one_of(**text, layers[i].first) || !layers[i].peel(&r))
			continue;
		e->standard_error |= r.standard_error;
		e->names[e->layers_n++] = layers[i].name;
		*text = r.s;
		return true;
	}
	return false;
}

size_t envelope_peel(const char *line, size_t len, struct envelope *e)
{
	const char *text = line, *end = line + len;

	e->layers_n = 0;
	e->standard_error = false;
	while (text < end && *text != '{' && e->layers_n < ENVELOPE_LAYERS_MAX)
		if (!peel_one(&text, end, e))
			break;
	return (size_t)(text - line);
}

size_t envelope_len(const char *line, size_t len, struct envelope *e)
{
	size_t n = envelope_peel(line, len, e);

	return n < len && line[n] == '{' ? n : ENVELOPE_NONE;
}
