/* fuzz_strangers.c - makes messages about any lines that are not requests. The messages contain no
 * control bytes and fit into their buffer. They never recommend --client for a member with a list
 * of addresses. */
#include "core/read/strangers.h"

#include "fuzz.h"

#define ADVICE_MAX 4096 /* eight addresses and the sentences need half of this */

static struct line_parser *parser;
static struct line_config config;

static void check_text(const struct buf *b)
{
	FUZZ_HOLDS(!b->full);
	for (size_t i = 0; i < b->len; i++)
		FUZZ_HOLDS((unsigned char)b->data[i] >= ' ' || b->data[i] == '\n');
}

/* A member with a list of addresses never has the role ADDRESS_PEER, because a client can forge
 * such a list. */
static void check_members(const struct address_members *m)
{
	const struct address_member *peer = address_members_first(m, ADDRESS_PEER);

	FUZZ_HOLDS(m->n <= ADDRESS_MEMBERS_MAX);
	FUZZ_HOLDS(!peer || !strchr(peer->member.value, ','));
	for (size_t i = 0; i < m->n; i++)
		FUZZ_HOLDS(m->at[i].member.name[0] && m->at[i].member.value[0]);
}

static void take_line(
	struct strangers *all, struct input_kinds *kinds, const char *line, size_t len)
{
	static struct line_result result;
	struct line_explanation view;
	struct line_member host;
	struct stranger s;
	char text[ADVICE_MAX];
	struct buf b;
	enum line_reason reason = line_explain(parser, line, len, false, &result, &view);

	input_kinds_begin(kinds, line, len);
	if (reason == LINE_OK) {
		(void)stranger_host(line, len, &view, &result.request.client, &host);
		return;
	}
	stranger_look(&s, kinds, &config, line, len, reason, &view);
	check_members(&s.addresses);
	buf_init(&b, text, sizeof text);
	stranger_put_advice(&b, &s);
	check_text(&b);
	strangers_note(all, &config, line, len, reason, &view);
	buf_init(&b, b.data, b.cap);
	strangers_put_advice(&b, all);
	check_text(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len_all)
{
	struct strangers all = {0};
	struct input_kinds kinds = {0};
	const char *at = (const char *)data, *end = at + len_all;

	if (!parser) {
		FUZZ_HOLDS(line_format("auto", &config));
		parser = line_parser_new(&config);
		FUZZ_HOLDS(parser);
	}
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);
		size_t bytes = len < LINE_BYTES_MAX ? len : LINE_BYTES_MAX;
		char *line = fuzz_exact(at, bytes);
		take_line(&all, &kinds, line, bytes);
		free(line);
		at += len + (newline != NULL);
	}
	return 0;
}
