/* test_announce_model.c - announcements to hosts that obey them, in random histories. Bans begin,
 * expire and are lifted. Some hosts are away and do not receive events; others are new. The reader
 * of the events stalls. After one announcement each host has exactly the bans in force. */
#include "unit/given_engine.h"
#include "unit/random.h"

#define CLIENTS 3000
#define HOSTS   4
#define STEPS   2000
#define ROUNDS  8
#define RECENT  2000

/* What a host knows of one client; times in ms. */
struct known {
	int64_t newest; /* time of the newest obeyed event */
	int64_t until;  /* 0: not banned */
};

struct host {
	bool away;
	struct known known[CLIENTS];
};

static struct host hosts[HOSTS];
static struct engine *engine;
static struct bans *bans;
static int64_t at;
static bool room;
static int64_t recent[RECENT];              /* times of the latest repeated bans */
static uint64_t repeats_n, again_n, news_n; /* all repeats, repeated bans, new events */

/* The number i for which given_client(i) is this address. */
static uint32_t number_of(const struct address *client)
{
	const uint8_t *b = client->bytes;
	uint32_t i = address_is_v4(client) ? (uint32_t)b[14] << 9 | (uint32_t)b[15] << 1
					   : (uint32_t)b[6] << 8 | b[7];
	struct address a = given_client(i);

	assert_true(i < CLIENTS && address_equal(&a, client));
	return i;
}

/* Obeys an event as anomban(8) does. An event that is older than the newest obeyed event changes
 * nothing, and a ban never shortens another ban. */
static void obey(struct known *k, bool ban, int64_t time, int64_t until)
{
	if (time < k->newest)
		return;
	k->newest = time;
	if (!ban)
		k->until = 0;
	else if (until > k->until)
		k->until = until;
}

static void tell_hosts(uint32_t client, bool ban, int64_t time, int64_t until)
{
	for (int h = 0; h < HOSTS; h++)
		if (!hosts[h].away)
			obey(&hosts[h].known[client], ban, time, until);
}

static void check_repeat(const struct event *e)
{
	struct ban ban;
	bool is_banned = bans_find(bans, &e->client, &ban) && ban.form == BAN_ACTIVE;

	repeats_n++;
	/* a repeated unban is allowed even if the reader is slow or the client is banned again */
	if (e->kind == EVENT_UNBAN) {
		assert_true(e->time.ms <= at && at - e->time.ms <= 86400000);
		return;
	}
	assert_int_equal(e->kind, EVENT_BAN);
	assert_true(room);
	assert_true(at - recent[(again_n - 1000) % RECENT] >= 1000 || again_n < 1000);
	recent[again_n++ % RECENT] = at;
	assert_true(is_banned); /* the ban has not been lifted and has not expired */
	assert_int_equal(e->time.ms, ban.since.ms);
	assert_int_equal(e->until.ms, ban.until.ms);
	assert_int_equal(e->strike, ban.strikes);
}

static void take_event(void *ctx, const struct event *e)
{
	(void)ctx;
	if (e->kind != EVENT_BAN && e->kind != EVENT_UNBAN)
		return;
	if (e->repeat)
		check_repeat(e);
	else
		news_n++;
	if (e->kind == EVENT_BAN)
		tell_hosts(number_of(&e->client), true, e->time.ms, e->until.ms);
	else if (strcmp(e->reason, "expired") != 0) /* a host's own ban expires by itself */
		tell_hosts(number_of(&e->client), false, e->time.ms, 0);
}

static bool ask_room(void *ctx)
{
	(void)ctx;
	return room;
}

/* Feeds a line that stands for enough requests to ban its client. */
static void ban_client(uint32_t client)
{
	struct address a = given_client(client);
	char name[ADDRESS_TEXT_MAX + 1], line[256];
	struct buf b;

	buf_init(&b, name, sizeof name - 1);
	buf_put_address(&b, &a);
	name[b.len] = '\0';
	name[strcspn(name, "/")] = '\0';
	int len = snprintf(line, sizeof line,
		"{\"msec\":\"%lld.%03d\",\"remote_addr\":\"%s\",\"status\":200,\"n\":5000,"
		"\"request\":\"GET / HTTP/1.1\"}",
		(long long)(at / 1000), (int)(at % 1000), name);
	say_line(engine, line, (size_t)len, false, (struct instant){at});
}

static void lift_ban(uint32_t client)
{
	struct address a = given_client(client);

	engine_report_outcome(engine, &a, BAN_REMOVED, (struct instant){0}, (struct instant){0});
}

static void step(struct random *r)
{
	uint32_t client = (uint32_t)random_below(r, CLIENTS);
	struct host *host = &hosts[random_below(r, HOSTS)];

	at += 1 + (int64_t)random_below(r, random_below(r, 50) ? 40 : 20000);
	engine_tick(engine, (struct instant){at});
	switch (random_below(r, 40)) {
	case 0:
		host->away = !host->away;
		break;
	case 1:
		if (random_below(r, 20) == 0) /* a new host */
			memset(host->known, 0, sizeof host->known);
		break;
	case 2:
		room = !room || random_below(r, 3);
		break;
	case 3:
		engine_announce_now(engine);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		lift_ban(client);
		break;
	default:
		ban_client(client);
	}
}

/* All hosts return. One announcement gives each host all bans in force. */
static void check_hosts(void)
{
	room = true;
	for (int h = 0; h < HOSTS; h++)
		hosts[h].away = false;
	/* hosts that were away missed a part of an announcement in progress; another one follows */
	engine_announce_now(engine);
	for (int i = 0; i < 1000; i++) {
		at += 20;
		engine_tick(engine, (struct instant){at});
	}
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct address client = given_client(i);
		struct ban ban;
		bool is_banned = bans_find(bans, &client, &ban) && ban.form == BAN_ACTIVE;
		for (int h = 0; h < HOSTS; h++) {
			int64_t until = hosts[h].known[i].until;
			if (is_banned ? until != ban.until.ms : until > at)
				fail_msg("host %d, client %u: until %lld, wanted %lld", h, i,
					(long long)until, is_banned ? (long long)ban.until.ms : 0);
		}
	}
}

static void history(uint64_t salt, int64_t every_s)
{
	struct random r = random_new(salt);
	struct engine_config c = config_of(false);
	struct allow *allow = allow_of(NULL);

	c.allow = allow;
	c.announce = span_seconds(every_s);
	c.has_room = ask_room;
	c.bans.max = CLIENTS;
	c.line.extract.count = "n";
	c.holds = (struct ban_holds_config){.mass_share = 1, .proxy_share = 1};
	engine = engine_new(&c, take_event, NULL);
	assert_non_null(engine);
	bans = engine_memory(engine).bans;
	memset(hosts, 0, sizeof hosts);
	room = true;
	repeats_n = again_n = news_n = 0;
	at = T0 * 1000;
	engine_tick(engine, (struct instant){at});
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < STEPS; i++)
			step(&r);
		check_hosts();
	}
	assert_true(repeats_n > 2000 && engine_counters(engine).bans > 1000);
	assert_int_equal(engine_counters(engine).repeated_events, repeats_n);
	assert_int_equal(engine_counters(engine).bans + engine_counters(engine).unbans, news_n);
	engine_free(engine);
	allow_free(allow);
}

static void hosts_have_the_bans_in_force_after_an_announcement(void **state)
{
	(void)state;
	random_note();
	for (uint64_t salt = 0; salt < 6; salt++)
		history(salt, salt % 2 ? 10 : 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_have_the_bans_in_force_after_an_announcement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
