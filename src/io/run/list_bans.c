/* list_bans.c - see list_bans.h. */
#include "io/run/list_bans.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/show/ban_list.h"
#include "core/show/status.h"
#include "io/host/clock.h"
#include "io/host/log.h"
#include "io/host/statefile.h"
#include "io/run/statedir.h"

/* Longest wait for the detector's next state: a bit more than two of the intervals of 3 s in which
 * the detector writes its state. A person would not wait longer for a list. */
#define WAIT_MAX_MS 7000
#define WAIT_STEP   ((struct timespec){0, 100000000})

struct entry {
	struct address client;
	struct span left;
};

struct listing {
	const struct options *options;
	struct entry *entries;
	size_t n, max;
	bool failed;
	bool has_state;
	struct state state;
	/* pointers into the state, sorted by client */
	const struct state_ban *bans[STATE_BANS_MAX];
	char path[PATH_MAX];
};

static void take_entry(void *ctx, const struct address *client, struct span left)
{
	struct listing *l = ctx;

	if (l->n == l->max) {
		size_t more = l->max ? 2 * l->max : 256;
		struct entry *grown = reallocarray(l->entries, more, sizeof *grown);
		if (!grown) {
			l->failed = true;
			return;
		}
		l->entries = grown;
		l->max = more;
	}
	l->entries[l->n++] = (struct entry){*client, left};
}

static int compare_addresses(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int compare_entries(const void *a, const void *b)
{
	return compare_addresses(
		&((const struct entry *)a)->client, &((const struct entry *)b)->client);
}

static int compare_bans(const void *a, const void *b)
{
	return compare_addresses(&(*(const struct state_ban *const *)a)->client,
		&(*(const struct state_ban *const *)b)->client);
}

/* False when there is no state of this set. */
static bool read_state(struct listing *l)
{
	const char *why;
	size_t len = 0;
	char *text = statefile_read_own(l->path, STATE_BYTES_MAX, statedir_owner(l->path), &len);
	bool ok = text && state_read(text, len, &l->state, &why) && !l->state.replay &&
		  strcmp(l->state.set_name, l->options->firewall.set_name) == 0;

	free(text);
	l->has_state = ok;
	for (size_t i = 0; ok && i < l->state.bans_n; i++)
		l->bans[i] = &l->state.bans[i];
	if (ok && l->state.bans_n)
		qsort(l->bans, l->state.bans_n, sizeof *l->bans, compare_bans);
	return ok;
}

static const struct state_ban *find_ban(const struct listing *l, const struct address *client)
{
	const struct state_ban wanted = {.client = *client}, *key = &wanted;
	const struct state_ban *const *found = NULL;

	if (l->has_state && l->state.bans_n)
		found = bsearch(&key, l->bans, l->state.bans_n, sizeof *l->bans, compare_bans);
	return found ? *found : NULL;
}

/* True if the kernel has a ban that the state lacks, although the state lists all bans of its
 * detector. */
static bool lacks_some(const struct listing *l)
{
	if (!l->has_state || l->state.bans_total > l->state.bans_n)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (!find_ban(l, &l->entries[i].client))
			return true;
	return false;
}

/* Time until the detector's next state. */
static struct span until_next(const struct listing *l)
{
	struct instant next = {l->state.saved.ms + (int64_t)(l->state.interval_s * 1000)};

	return instant_since(next, clock_now());
}

/* Waits until the state is newer than the list of bans. False when no newer state arrived. Then a
 * ban that is missing in the state may still be a ban of the detector. */
static bool wait_for_state(struct listing *l, struct instant listed)
{
	struct span until = {clock_monotonic().ms + WAIT_MAX_MS};

	if (l->has_state && until_next(l).ms > WAIT_MAX_MS && lacks_some(l))
		return false;
	while (lacks_some(l) && l->state.running && !instant_before(listed, l->state.saved)) {
		if (status_run(&l->state, clock_now()) != STATUS_RUNNING ||
			clock_monotonic().ms > until.ms)
			return false;
		nanosleep(&WAIT_STEP, NULL);
		if (!read_state(l))
			return false;
	}
	return true;
}

static void put_out(const struct buf *b)
{
	fwrite(b->data, 1, b->len, stdout);
}

static struct ban_list_row row_of(const struct listing *l, size_t i, bool all_known)
{
	const struct state_ban *known = find_ban(l, &l->entries[i].client);

	return (struct ban_list_row){.client = l->entries[i].client,
		.left = l->entries[i].left,
		.known = known,
		.by_others = known ? known->rules == 0 : all_known};
}

static void print_table(const struct listing *l, struct ban_list *list, bool all_known)
{
	char text[BAN_LIST_BYTES_MAX];
	struct buf b;

	if (l->n == 0) {
		puts("Nobody is banned.");
		return;
	}
	list->client_width = strlen("CLIENT");
	for (size_t i = 0; i < l->n; i++) {
		buf_init(&b, text, sizeof text);
		buf_put_address(&b, &l->entries[i].client);
		if (b.len > list->client_width)
			list->client_width = b.len;
	}
	buf_init(&b, text, sizeof text);
	ban_list_put_heading(&b, list);
	put_out(&b);
	for (size_t i = 0; i < l->n; i++) {
		struct ban_list_row row = row_of(l, i, all_known);
		buf_init(&b, text, sizeof text);
		ban_list_put_line(&b, list, &row);
		put_out(&b);
	}
	buf_init(&b, text, sizeof text);
	ban_list_put_advice(&b, list);
	put_out(&b);
}

static void print_json(const struct listing *l, const struct ban_list *list, bool all_known)
{
	char text[BAN_LIST_BYTES_MAX];
	struct buf b;

	buf_init(&b, text, sizeof text);
	ban_list_put_begin(&b, list);
	put_out(&b);
	for (size_t i = 0; i < l->n; i++) {
		struct ban_list_row row = row_of(l, i, all_known);
		buf_init(&b, text, sizeof text);
		ban_list_put_object(&b, list, &row, i == 0);
		put_out(&b);
	}
	buf_init(&b, text, sizeof text);
	ban_list_put_end(&b);
	put_out(&b);
}

static void find_state(struct listing *l)
{
	const char *given = l->options->state.path;

	if (given && strcmp(given, "none") == 0)
		return;
	if (given)
		snprintf(l->path, sizeof l->path, "%s", given);
	else if (!statefile_default_path(true, l->path, sizeof l->path))
		return;
	(void)read_state(l);
}

static bool print_bans(struct listing *l, struct firewall *firewall)
{
	const struct options *o = l->options;
	struct ban_list list = {
		.sets = {o->firewall.set_name, (int)o->bans.ipv4_prefix, (int)o->bans.ipv6_prefix},
		.now = clock_now()};

	if (!firewall_list(firewall, take_entry, l)) {
		log_error("unable to list the bans: %s", firewall_why(firewall));
		return false;
	}
	if (l->failed) {
		log_error("unable to list the bans: %s", strerror(ENOMEM));
		return false;
	}
	if (l->n)
		qsort(l->entries, l->n, sizeof *l->entries, compare_entries);
	find_state(l);
	bool all_known = wait_for_state(l, list.now) && l->has_state &&
			 l->state.bans_total <= l->state.bans_n;
	if (o->anomban.json)
		print_json(l, &list, all_known);
	else
		print_table(l, &list, all_known);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	log_error("unable to write to standard output: %s", strerror(errno));
	return false;
}

bool list_bans(const struct options *o, struct firewall *firewall)
{
	struct listing *l = calloc(1, sizeof *l);

	if (!l) {
		log_error("unable to list the bans: %s", strerror(errno));
		return false;
	}
	l->options = o;
	bool ok = print_bans(l, firewall);
	free(l->entries);
	free(l);
	return ok;
}
