/* memory_client.c - see memory_client.h. */
#include "core/record/memory_client.h"

#include <string.h>

#include "core/base/address.h"
#include "core/record/memory_values.h"

/* Optional words after a client's numbers, in this order (struct ban). */
#define TEMPORARY "temporary"
#define PAROLED   "paroled"
#define STRUCK    "struck"

/* The words for enum ban_form, and two more for BAN_ACTIVE. "active" is a ban that was only
 * printed. With --ban, the word is "enforced" if the ban is in the firewall, or "refused" if the
 * firewall refused it. */
static const char *const form_names[] = {"over", "active", "muted", "enforced", "refused"};
#define FORM_ENFORCED 3
#define FORM_REFUSED  4

static int form_of(const struct ban *ban)
{
	if (ban->form == BAN_ACTIVE && (ban->enforced || ban->was_enforced))
		return FORM_ENFORCED;
	return ban->form == BAN_ACTIVE && ban->tried ? FORM_REFUSED : (int)ban->form;
}

void memory_put_client(struct buf *b, const struct ban *ban)
{
	buf_put_char(b, '"');
	buf_put_address(b, &ban->client);
	buf_put_char(b, ' ');
	buf_put_text(b, form_names[form_of(ban)]);
	buf_put_char(b, ' ');
	buf_put_u64(b, ban->strikes);
	buf_put_char(b, ' ');
	buf_put_i64(b, ban->since.ms);
	buf_put_char(b, ' ');
	buf_put_i64(b, ban->until.ms);
	buf_put_char(b, ' ');
	buf_put_u64(b, ban->rules);
	if (ban->temporary)
		buf_put_text(b, " " TEMPORARY);
	if (ban->paroled)
		buf_put_text(b, " " PAROLED);
	if (ban->struck.ms < ban->since.ms) {
		buf_put_text(b, " " STRUCK " ");
		buf_put_i64(b, ban->struck.ms);
	}
	buf_put_char(b, '"');
}

static bool read_form(const char *word, size_t len, struct ban *out)
{
	for (size_t i = 0; i < sizeof form_names / sizeof *form_names; i++) {
		if (strlen(form_names[i]) != len || memcmp(form_names[i], word, len) != 0)
			continue;
		out->was_enforced = i == FORM_ENFORCED;
		out->tried = i == FORM_ENFORCED || i == FORM_REFUSED;
		out->form = out->tried ? BAN_ACTIVE : (enum ban_form)i;
		return true;
	}
	return false;
}

/* Whether `word` is the next word. If so, moves *s past it. */
static bool next_is(const char **s, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*s, word, len) != 0 || ((*s)[len] != ' ' && (*s)[len] != '\0'))
		return false;
	*s += len;
	if (**s == ' ' && (*s)[1] != '\0') /* a blank is only valid before a word */
		++*s;
	return true;
}

bool memory_read_client(const cJSON *item, struct ban *out)
{
	const uint64_t ms_max = (uint64_t)INSTANT_MAX.ms;
	uint64_t strikes, since, until, rules;
	const char *s, *word;
	size_t len;

	if (!cJSON_IsString(item))
		return false;
	*out = (struct ban){0}; /* the ban's reason is in another element of the file */
	s = item->valuestring;
	if (!next_word(&s, &word, &len) || !address_parse_prefix(word, len, &out->client) ||
		!next_word(&s, &word, &len) || !read_form(word, len, out) ||
		!next_number(&s, UINT32_MAX, &strikes) || !next_number(&s, ms_max, &since) ||
		!next_number(&s, ms_max, &until) || !next_number(&s, UINT16_MAX, &rules))
		return false;
	out->temporary = next_is(&s, TEMPORARY);
	out->paroled = next_is(&s, PAROLED);
	uint64_t struck = since;
	if ((next_is(&s, STRUCK) && !next_number(&s, since, &struck)) || *s)
		return false;
	out->struck = (struct instant){(int64_t)struck};
	out->strikes = (uint32_t)strikes;
	out->since = (struct instant){(int64_t)since};
	out->until = (struct instant){(int64_t)until};
	out->rules = (unsigned)rules;
	out->enforced = false;
	/* a client without a strike must be muted, or banned in the kernel by another program */
	return strikes > 0 || out->form != BAN_OVER;
}
