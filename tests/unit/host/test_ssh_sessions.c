/* test_ssh_sessions.c - a session after login is distinguished from a bare connection, whatever
 * name a stranger sends. The processes have the titles of OpenSSH 9.2 and 10.0. */
#include "io/host/ssh_sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "core/base/buf.h"
#include "io/host/ssh_processes.h"
#include "io/host/tcp_table.h"
#include "unit/given.h"
#include "unit/given_proc.h"

static struct ssh_sessions sessions;
static struct ssh_peers known;

/* The addresses of the sessions, each followed by a blank. */
static const char *found(void)
{
	static char text[8192];
	struct buf b;

	assert_true(ssh_sessions_find(&given_places, &known, &sessions));
	buf_init(&b, text, sizeof text - 1);
	for (size_t i = 0; i < sessions.n; i++) {
		buf_put_address(&b, &sessions.list[i].peer);
		buf_put_char(&b, ' ');
	}
	text[b.len] = '\0';
	return text;
}

static int begin(void **state)
{
	memset(&known, 0, sizeof known);
	return make_proc(state);
}

static void add_processes(const struct given_process *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_process(&p[i]);
}

#define ADD(...)                                                                                   \
	add_processes((const struct given_process[]){__VA_ARGS__},                                 \
		sizeof((const struct given_process[]){__VA_ARGS__}) /                              \
			sizeof(struct given_process))
#define PRIV(pid, name, inode)                                                                     \
	{                                                                                          \
		pid, 100, 0, 0, name " [priv]",                                                    \
		{                                                                                  \
			inode                                                                      \
		}                                                                                  \
	}

static void without_connections_there_is_no_session(void **state)
{
	(void)state;
	assert_string_equal(found(), "");
	ADD({100, 1, 0, 0, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", {3}});
	add_row(SERVER4, 22, "00000000", "A", 3);
	assert_string_equal(found(), "");
	assert_false(sessions.blind || sessions.cut);
}

static void user_has_a_session_after_login(void **state)
{
	(void)state;
	ADD(PRIV(200, "sshd: alice", 11), {201, 200, 1000, 0, "sshd: alice@pts/0", {11}},
		PRIV(210, "sshd-session: bob", 12), {211, 210, 1001, 0, "sshd-session: bob", {12}},
		PRIV(220, "sshd: chris", 13), {221, 220, 1002, 0, "sshd: chris@notty", {13}});
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	add_connection4(22, 3, 13);
	assert_string_equal(found(), "203.0.113.1 203.0.113.3 2001:db8::2 ");
}

static void root_has_a_session_after_login(void **state)
{
	(void)state;
	ADD({200, 100, 0, 0, "sshd: root@pts/0,pts/1", {11}}, {210, 100, 0, 0, "sshd: root", {12}},
		PRIV(220, "sshd-session: root", 13),
		{221, 220, 0, 0, "sshd-session: root@notty", {13}},
		{230, 1, 0, 0, "sshd: toor@notty", {14}});
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	add_connection4(22, 3, 13);
	add_connection6(22, 4, 14);
	assert_string_equal(found(), "203.0.113.1 203.0.113.3 2001:db8::2 2001:db8::4 ");
}

static void bare_connection_is_no_session(void **state)
{
	(void)state;
	ADD({200, 100, 0, 0, "sshd: [accepted]", {11}},
		{210, 100, 0, 0, "sshd-session: [accepted]", {12}},
		{211, 210, 103, 1, "sshd-auth: [session-auth]", {12}},
		{220, 100, 0, 0, "sshd: [accepted]", {13}}, {221, 220, 103, 1, "sshd: [net]", {13}},
		{230, 100, 0, 0, "/usr/sbin/sshd", {14}}, {240, 100, 0, 0, "sshd: ", {15}});
	for (unsigned i = 11; i <= 15; i++) {
		add_connection4(22, i, i);
		add_connection6(22, i, i);
	}
	add_connection4(22, 9, 0); /* no process has accepted it */
	assert_string_equal(found(), "");
}

/* These users exist: for other names sshd writes "unknown". */
static void name_that_looks_like_a_login_is_no_session(void **state)
{
	static const char *const names[] = {"root", "root@pts/0", "root@notty", "alice@pts/0",
		"a b", "unknown", "x [net]", "]", "sshd: root", "sshd: root@pts/0", "(null)",
		"a@b,pts/1"};
	unsigned n = sizeof names / sizeof *names;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		static char priv[64][64], net[64][64];
		int pid = 200 + 10 * (int)i;
		const char *product = i % 2 ? "sshd-session" : "sshd";
		snprintf(priv[i], sizeof priv[i], "%s: %s [priv]", product, names[i]);
		snprintf(net[i], sizeof net[i], "%s: %s [net]", i % 2 ? "sshd-auth" : "sshd",
			names[i]);
		ADD({pid, 100, 0, 0, priv[i], {11 + i}}, {pid + 1, pid, 103, 1, net[i], {11 + i}},
			{pid + 2, pid, 0, 0, "sshd: root [pam]", {11 + i}});
		add_connection4(22, 1 + i, 11 + i);
		add_connection6(22, 1 + i, 11 + i);
	}
	assert_string_equal(found(), "");
}

/* A long name in a short title: the text after the name is lost. */
static void cut_title_before_login_is_no_session(void **state)
{
	(void)state;
	ADD({200, 100, 0, 0, "sshd: averyverylongname", {11}},
		{201, 200, 103, 1, "sshd: averyverylongname", {11}},
		{210, 100, 0, 1, "sshd: averyverylongname", {12}},
		{211, 210, 103, 2, "sshd: averyverylongname", {12}},
		{220, 100, 0, 0, "sshd: /usr/sbin/ss", {13}});
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	add_connection4(22, 3, 13);
	assert_string_equal(found(), "");
}

static void service_with_a_seccomp_filter_has_sessions_too(void **state)
{
	(void)state;
	ADD({200, 100, 0, 1, "sshd: alice [priv]", {11}},
		{201, 200, 1000, 1, "sshd: alice@pts/0", {11}},
		{210, 100, 0, 3, "sshd: root@notty", {12}});
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	assert_string_equal(found(), "203.0.113.1 2001:db8::2 ");
}

/* Programs of other users may have any title, and may listen on any port. */
static void process_of_another_user_gives_no_session(void **state)
{
	(void)state;
	ADD({200, 1, 1000, 0, "sshd: root@pts/0", {11}},
		{210, 1, 33, 0, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", {12}},
		{220, 210, 33, 0, "sshd: root@pts/0", {13}}, PRIV(230, "sshd: alice", 14),
		{231, 230, 103, 1, "sshd: alice [net]", {14}},
		{232, 231, 1000, 0, "sshd: alice@pts/0", {14}},
		{240, 1, 0, 0, "nginx: master process", {15}},
		{241, 240, 33, 0, "sshd: www@pts/0", {15}});
	add_row(SERVER4, 8022, "00000000", "A", 12);
	add_connection4(22, 1, 11);
	add_connection4(8022, 2, 13);
	add_connection4(22, 3, 14);
	add_connection6(22, 4, 15);
	assert_string_equal(found(), "");
}

/* A local user starts sudo through a link named "sshd", with a stranger's connection. */
static void other_programs_of_root_give_no_session(void **state)
{
	static char setuid[128];
	static const char *const others[] = {
		"/usr/bin/sudo", "/home/x/sshd/sudo", "/usr/bin/sudo (deleted)", "sshd", setuid};

	(void)state;
	snprintf(setuid, sizeof setuid, "%s/sshd-link", proc_directory);
	put_text("sshd-link", "", 0);
	assert_int_equal(chmod(setuid, 04755), 0);
	add_row(SERVER4, 8022, "00000000", "A", 3);
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		int pid = 200 + 10 * (int)i;
		unsigned inode = 11 + 10 * i;
		ADD({pid, 1, 0, 0, "sshd: root@pts/9", {inode}},
			{pid + 1, 1, 0, 0, "sshd: x -D [listener] 0 of 10-100 startups", {3}},
			{pid + 2, 1, 0, 0, "sshd: alice [priv]", {inode + 1}},
			{pid + 3, pid + 2, 1000, 0, "sshd: alice@pts/0", {inode + 1}});
		for (int k = 0; k < 3; k++)
			set_program(pid + k, others[i]);
		add_connection4(22, 1 + i, inode);
		add_connection6(22, 1 + i, inode + 1);
	}
	ADD({300, 1, 0, 0, "sshd: root@pts/0", {99}});
	add_connection4(8022, 66, 99);
	assert_string_equal(found(), "");
}

static void upgraded_sshd_keeps_its_sessions(void **state)
{
	(void)state;
	ADD({200, 1, 0, 0, "sshd: root@pts/0", {11}}, PRIV(210, "sshd-session: alice", 12),
		{211, 210, 1000, 0, "sshd-session: alice@pts/0", {12}});
	set_program(200, "/usr/sbin/sshd (deleted)");
	set_program(210, "/usr/lib/openssh/sshd-session (deleted)");
	set_program(211, "/usr/lib/openssh/sshd-session (deleted)");
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	assert_string_equal(found(), "203.0.113.1 2001:db8::2 ");
	assert_false(sessions.blind);
}

static void session_needs_port_22_or_a_port_of_sshd(void **state)
{
	(void)state;
	ADD({100, 1, 0, 0, "sshd: /usr/sbin/sshd -D [listener] 1 of 10-100 startups", {3, 4}},
		{200, 100, 0, 0, "sshd: root@pts/0", {11}},
		{210, 100, 0, 0, "sshd: root@pts/1", {12}},
		{220, 100, 0, 0, "sshd: root@pts/2", {13}});
	add_connection4(2222, 1, 11); /* before the listener's row */
	add_row(SERVER4, 2222, "00000000", "A", 3);
	add_connection6(2222, 2, 12);
	add_connection4(2223, 3, 13);
	assert_string_equal(found(), "203.0.113.1 2001:db8::2 ");
}

/* A session of root forwards a port and opens connections. Strangers connect to this port. */
static void forwarded_connections_are_no_sessions(void **state)
{
	(void)state;
	ADD({100, 1, 0, 0, "sshd: /usr/sbin/sshd -D [listener] 1 of 10-100 startups", {3}},
		{200, 100, 0, 0, "sshd: root@pts/0", {11, 12, 13, 14}});
	add_row(SERVER4, 22, "00000000", "A", 3);
	add_row(SERVER4, 8080, "00000000", "A", 12);
	add_connection4(22, 1, 11);
	add_connection4(8080, 2, 13);
	add_connection6(40000, 3, 14);
	assert_string_equal(found(), "203.0.113.1 ");
}

static void known_session_lasts_while_its_connection_is_open(void **state)
{
	(void)state;
	known.n = 3;
	known.list[0].connection = (struct ssh_connection){given_address("203.0.113.1"), 11};
	known.list[1].connection = (struct ssh_connection){given_address("2001:db8::2"), 12};
	known.list[2].connection = (struct ssh_connection){given_address("203.0.113.3"), 0};
	add_connection4(2222, 1, 11);
	add_connection6(22, 2, 12);
	add_connection4(22, 3, 13);
	assert_string_equal(found(), "203.0.113.1 2001:db8::2 ");
	end_connections();
	add_connection4(22, 1, 99); /* a new connection from the same address, without a login */
	add_connection6(22, 7, 12); /* another address has a socket with this number now */
	assert_string_equal(found(), "");
}

static const char session_text[] = "# This is private data. Do not parse.\n"
				   "UID=0\nUSER=root\nACTIVE=1\nSTATE=active\nREMOTE=1\nTYPE=tty\n"
				   "REMOTE_HOST=%s\nSERVICE=%s\nLEADER=812\n";

static void add_login(const char *id, const char *host, const char *service)
{
	char text[512];

	snprintf(text, sizeof text, session_text, host, service);
	add_session(id, text);
}

static void session_of_logind_with_a_connection_is_found(void **state)
{
	(void)state;
	add_login("5", "203.0.113.1", "sshd");
	add_login("c7", "2001:db8::2", "sshd");
	add_login("8", "203.0.113.3", "sshd"); /* this address has no connection */
	add_connection4(2222, 1, 11);
	add_connection6(22, 2, 12);
	add_connection4(22, 4, 13);
	assert_string_equal(found(), "203.0.113.1 2001:db8::2 ");
}

static void other_sessions_of_logind_do_not_count(void **state)
{
	char text[512];

	(void)state;
	add_login("1", "203.0.113.1", "login");
	add_login("2", "203.0.113.2", "sshdx");
	add_login("3", "host.example.org", "sshd");
	add_login("4", "", "sshd");
	add_login("5.ref", "203.0.113.5", "sshd");
	snprintf(text, sizeof text, session_text, "203.0.113.6", "sshd");
	memcpy(strstr(text, "active\nREMOTE"), "closed", 6);
	snprintf(strstr(text, "closed"), 20, "closing\nX=");
	add_session("6", text);
	add_session("7", "USER=x\\nREMOTE_HOST=203.0.113.7\\nSERVICE=sshd\n");
	add_session("8", "XREMOTE_HOST=203.0.113.8\nSERVICE=sshd\nSTATE=active\n");
	add_session("9", "");
	for (unsigned i = 1; i < 10; i++)
		add_connection4(22, i, 10 + i);
	assert_string_equal(found(), "");
}

/* Root without CAP_SYS_PTRACE may list the descriptors of sshd, but not read them. */
static void unreadable_sockets_of_a_session_are_reported(void **state)
{
	(void)state;
	ADD({200, 1, 0, 0, "sshd: root@pts/0", {11}}, {210, 1, 0, 0, "sshd: [accepted]", {12}});
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	make_readable("net");
	make_readable("200");
	make_readable("200/fd");
	hide_sockets(210);
	become_other();
	assert_string_equal(found(), "203.0.113.1 ");
	assert_false(sessions.blind); /* the sockets of a bare connection need not be readable */
	become_oneself();
	hide_sockets(200);
	become_other();
	assert_string_equal(found(), "");
	assert_true(sessions.blind);
	become_oneself();
	add_login("5", "203.0.113.1", "sshd");
	make_readable("sessions");
	become_other();
	assert_string_equal(found(), "203.0.113.1 ");
	assert_false(sessions.blind);
	become_oneself();
}

static void hidden_processes_without_logind_are_detected(void **state)
{
	(void)state;
	assert_string_equal(found(), "");
	assert_false(sessions.hidden);
	end_process(1);
	assert_string_equal(found(), "");
	assert_true(sessions.hidden);
	ADD({100, 1, 0, 0, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", {3}});
	assert_string_equal(found(), "");
	assert_false(sessions.hidden); /* processes of others are visible */
	end_process(100);
	add_login("5", "203.0.113.1", "login");
	assert_string_equal(found(), "");
	assert_false(sessions.hidden); /* logind is present */
}

static bool count_row(void *ctx, const struct tcp_row *row)
{
	(void)row;
	++*(size_t *)ctx;
	return true;
}

/* A flood of connections leaves hundreds of thousands of rows in TIME_WAIT. */
static void rows_of_any_state_are_read_until_the_deadline(void **state)
{
	struct span late = {0}, never = SPAN_MAX;
	size_t rows = 0;
	bool cut;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		add_row(SERVER4, 80, "00000001", "6", 0);
		add_row(SERVER6, 80, SERVER6, "6", 0);
	}
	add_connection4(22, 1, 11);
	add_connection6(22, 2, 12);
	assert_true(tcp_table_read(proc_directory, never, count_row, &rows, &cut));
	assert_false(cut);
	assert_int_equal(rows, 2);
	rows = 0;
	assert_true(tcp_table_read(proc_directory, late, count_row, &rows, &cut));
	assert_true(cut);
	assert_int_equal(rows, 0);
}

static void search_stops_at_the_maximum_number_of_processes(void **state)
{
	(void)state;
	for (int i = 0; i <= SSH_PROCESSES_MAX; i++)
		add_process(&(struct given_process){200 + i, 1, 0, 0, "sshd: [accepted]", {0}});
	assert_string_equal(found(), "");
	assert_true(sessions.cut);
}

static void one_address_cannot_fill_the_list(void **state)
{
	static char titles[40][32];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(titles[i], sizeof titles[i], "sshd: root@pts/%u", i);
		ADD({200 + (int)i, 100, 0, 0, titles[i], {11 + i}});
		add_connection4(22, i < 39 ? 1 : 2, 11 + i);
	}
	found();
	assert_int_equal(sessions.n, SSH_SESSIONS_PER_PEER + 1);
}

static void garbage_in_the_tables_is_skipped(void **state)
{
	static const char *const rows[] = {"\n", "x\n", "0: 0100007F:0016\n",
		"0: 0100007F:0016 0200007F:D431 01\n",
		"0: 0100007F 0200007F 01 0:0 0:0 0 0 0 11 1\n",
		"0: 010000ZZ:0016 ZZ00007F:D431 01 0:0 0:0 0 0 0 11 1\n",
		"0: 0100007F:0016 0200007F:D431 01 0:0 0:0 0 0 0 x 1\n"};

	(void)state;
	ADD({200, 100, 0, 0, "sshd: root@pts/0", {11}});
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		add_text("net/tcp", rows[i]);
		add_text("net/tcp6", rows[i]);
	}
	assert_string_equal(found(), "");
	add_connection4(22, 1, 11);
	assert_string_equal(found(), "203.0.113.1 ");
	put_text("200/status", "Name:\tsshd\n", 11);
	assert_string_equal(found(), "");
}

static void mapped_address_becomes_ipv4(void **state)
{
	(void)state;
	ADD({200, 100, 0, 0, "sshd: root@pts/0", {11}});
	add_row("0000000000000000FFFF00000100007F", 22, "0000000000000000FFFF0000097100CB", "1",
		11);
	assert_string_equal(found(), "203.0.113.9 ");
	assert_int_equal(sessions.list[0].peer.prefix_len, 32);
}

static void missing_proc_is_an_error(void **state)
{
	const struct ssh_places nowhere = {
		"/nonexistent/proc", "/nonexistent/sessions", {3600 * 1000}};

	(void)state;
	assert_false(ssh_sessions_find(&nowhere, &known, &sessions));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(sessions.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, remove_proc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_connections_there_is_no_session),
		TEST(user_has_a_session_after_login),
		TEST(root_has_a_session_after_login),
		TEST(bare_connection_is_no_session),
		TEST(name_that_looks_like_a_login_is_no_session),
		TEST(cut_title_before_login_is_no_session),
		TEST(service_with_a_seccomp_filter_has_sessions_too),
		TEST(process_of_another_user_gives_no_session),
		TEST(other_programs_of_root_give_no_session),
		TEST(upgraded_sshd_keeps_its_sessions),
		TEST(session_needs_port_22_or_a_port_of_sshd),
		TEST(forwarded_connections_are_no_sessions),
		TEST(known_session_lasts_while_its_connection_is_open),
		TEST(session_of_logind_with_a_connection_is_found),
		TEST(other_sessions_of_logind_do_not_count),
		TEST(unreadable_sockets_of_a_session_are_reported),
		TEST(hidden_processes_without_logind_are_detected),
		TEST(rows_of_any_state_are_read_until_the_deadline),
		TEST(search_stops_at_the_maximum_number_of_processes),
		TEST(one_address_cannot_fill_the_list),
		TEST(garbage_in_the_tables_is_skipped),
		TEST(mapped_address_becomes_ipv4),
		TEST(missing_proc_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
