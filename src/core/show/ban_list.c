/* ban_list.c - see ban_list.h. The reason is the last column, because its width varies. */
#include "core/show/ban_list.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/figure.h"

#define SINCE_WIDTH  20 /* "2026-11-22 04:15 UTC" */
#define LEFT_WIDTH   9  /* "permanent" */
#define STRIKE_WIDTH 6
#define UNKNOWN      "-"
#define BY_OTHERS    "by hand or by others"
/* If the end of a ban in the kernel and its end in the state differ by at most this time, they
 * count as equal. The kernel counts whole seconds, and a request to the kernel takes some time. */
#define SAME_END_MS 2000

static bool is_permanent(const struct ban_list_row *row)
{
	return row->left.ms == SPAN_MAX.ms;
}

void ban_list_put_heading(struct buf *out, const struct ban_list *l)
{
	buf_put_format(out, "%-*s  %-*s  %*s  %*s  %s\n", (int)l->client_width, "CLIENT",
		SINCE_WIDTH, "SINCE", LEFT_WIDTH, "LEFT", STRIKE_WIDTH, "STRIKE", "REASON");
}

/* "errors 23 > 20 errors/60s, visit_errors; POST /wp-login.php 401" */
static void put_reason(struct buf *out, const struct state_ban *ban)
{
	const struct evidence *e = &ban->evidence;
	unsigned rules = ban->rules;
	const char *between = "";

	if (e->value > 0) {
		buf_put_format(out, "%s %s > ", rule_name(e->rule), figure_fine(e->value).s);
		buf_put_format(out, "%s %s", figure_fine(e->limit).s, rule_unit(e->rule));
		rules &= ~(1u << e->rule);
		between = ", ";
	}
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!(rules & 1u << i))
			continue;
		buf_put_format(out, "%s%s", between, rule_name((enum rule)i));
		between = ", ";
	}
	if (request_text_is_known(&ban->request))
		buf_put_format(out, "; %s", request_text_line(&ban->request, REQUEST_LINE_MAX).s);
}

void ban_list_put_line(struct buf *out, const struct ban_list *l, const struct ban_list_row *row)
{
	char since[24] = "", client[ADDRESS_TEXT_MAX + 1];
	const struct state_ban *known = row->known;
	struct buf b;

	buf_init(&b, client, sizeof client - 1);
	buf_put_address(&b, &row->client);
	client[b.len] = '\0';
	buf_init(&b, since, sizeof since);
	if (known)
		buf_put_instant(&b, known->since);
	buf_put_format(out, "%-*s  ", (int)l->client_width, client);
	if (known)
		buf_put_format(out, "%.10s %.5s UTC  ", since, since + 11);
	else
		buf_put_format(out, "%-*s  ", SINCE_WIDTH, UNKNOWN);
	buf_put_format(out, "%*s  ", LEFT_WIDTH,
		is_permanent(row) ? "permanent" : figure_span(row->left).s);
	if (known && known->strike)
		buf_put_format(out, "%*" PRIu32 "  ", STRIKE_WIDTH, known->strike);
	else
		buf_put_format(out, "%*s  ", STRIKE_WIDTH, UNKNOWN);
	if (row->by_others)
		buf_put_text(out, BY_OTHERS);
	else if (known)
		put_reason(out, known);
	else
		buf_put_text(out, UNKNOWN);
	buf_put_char(out, '\n');
}

void ban_list_put_advice(struct buf *out, const struct ban_list *l)
{
	buf_put_text(out, "\nTo lift a ban: ");
	lift_put_any(out, &l->sets);
	buf_put_text(out, "CLIENT\n");
}

void ban_list_put_begin(struct buf *out, const struct ban_list *l)
{
	buf_put_text(out, "{\"set\":");
	buf_put_json(out, l->sets.name, strlen(l->sets.name), STATE_SET_NAME_MAX);
	buf_put_text(out, ",\"time\":\"");
	buf_put_instant(out, l->now);
	buf_put_text(out, "\",\"bans\":[");
}

/* Returns the ban's end from the state, which is exact. If the ban's end in the kernel differs,
 * returns the end in the kernel. */
static struct instant end_of(const struct ban_list *l, const struct ban_list_row *row)
{
	struct instant end = is_permanent(row) ? INSTANT_MAX : instant_add(l->now, row->left);

	if (!row->known || is_permanent(row))
		return end;
	int64_t apart = instant_since(row->known->until, end).ms;
	return apart >= -SAME_END_MS && apart <= SAME_END_MS ? row->known->until : end;
}

/* Puts a ban that the state does not contain, with the same members as in the state file. Only its
 * client and its end are known. */
static void put_unknown(struct buf *out, const struct address *client, struct instant until)
{
	buf_put_text(out, "\"client\":\"");
	buf_put_address(out, client);
	buf_put_text(out, "\",\"strike\":null,\"since\":null,\"until\":");
	if (until.ms == INSTANT_MAX.ms) {
		buf_put_text(out, "null");
	} else {
		buf_put_char(out, '"');
		buf_put_instant(out, until);
		buf_put_char(out, '"');
	}
	buf_put_text(out, ",\"rules\":[],\"enforced\":true,\"temporary\":false,"
			  "\"evidence\":null,\"request\":null");
}

void ban_list_put_object(
	struct buf *out, const struct ban_list *l, const struct ban_list_row *row, bool is_first)
{
	char lift[LIFT_BYTES_MAX];
	struct buf b;

	buf_put_text(out, is_first ? "\n{" : ",\n{");
	if (row->known) {
		struct state_ban ban = *row->known;
		ban.client = row->client;
		ban.until = end_of(l, row);
		ban.enforced = true; /* the ban is in the kernel's set */
		state_put_ban(out, &ban);
	} else {
		put_unknown(out, &row->client, end_of(l, row));
	}
	buf_put_text(out, ",\"seconds\":");
	if (is_permanent(row))
		buf_put_text(out, "null");
	else
		buf_put_i64(out, span_to_seconds(row->left));
	buf_put_text(out, row->by_others ? ",\"by_others\":true" : ",\"by_others\":false");
	buf_init(&b, lift, sizeof lift);
	lift_put(&b, &l->sets, &row->client);
	buf_put_text(out, ",\"lift\":");
	buf_put_json(out, lift, b.len, sizeof lift);
	buf_put_char(out, '}');
}

void ban_list_put_end(struct buf *out)
{
	buf_put_text(out, "\n]}\n");
}
