/* test_iptables_text.c - lines of `iptables -S`, as the nft and legacy versions print them, and
 * rules of other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/firewall/iptables_text.h"

static struct iptables_rule read_line(const char *line)
{
	return iptables_text_parse(line, strlen(line), "ban4");
}

static void drop_rule_is_recognised_with_and_without_ports(void **state)
{
	struct iptables_rule t = read_line("-A INPUT -m set --match-set ban4 src -j DROP");

	(void)state;
	assert_int_equal(t.line, IPTABLES_RULE);
	assert_true(t.ours && t.names_set);
	assert_string_equal(t.chain, "INPUT");
	assert_string_equal(t.protocol, "");
	assert_string_equal(t.ports, "");
	assert_int_equal(t.end, IPTABLES_STOPS);
	t = read_line("-A FORWARD -p udp -m multiport --dports 80,443,8000:8080 -m set --match-set "
		      "ban4 src -j DROP");
	assert_true(t.ours && t.names_set);
	assert_string_equal(t.chain, "FORWARD");
	assert_string_equal(t.protocol, "udp");
	assert_string_equal(t.ports, "80,443,8000:8080");
}

static void rules_that_resemble_the_drop_rule_are_not_ours(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -m set --match-set ban6 src -j DROP",
		"-A INPUT -m set --match-set ban44 src -j DROP",
		"-A INPUT -m set --match-set ban4 dst -j DROP",
		"-A INPUT -m set ! --match-set ban4 src -j DROP",
		"-A INPUT -m set --match-set ban4 src -j ACCEPT",
		"-A INPUT -m set --match-set ban4 src -j DROP --more",
		"-A INPUT -m set --match-set ban4 src -g DROP",
		"-A INPUT -i eth0 -m set --match-set ban4 src -j DROP",
		"-A INPUT -p tcp -m set --match-set ban4 src -j DROP",
		"-A INPUT -p tcp -m tcp --dport 80 -m set --match-set ban4 src -j DROP",
		"-A INPUT -m multiport --dports 80 -m set --match-set ban4 src -j DROP",
		"-A INPUT ! -p tcp -m multiport --dports 80 -m set --match-set ban4 src -j DROP",
		"-A INPUT -m set --match-set ban4 src -m comment --comment mine -j DROP",
		"-A INPUT -m comment --comment \"--match-set ban4 src\" -j DROP",
		"-A INPUT -m comment --comment \"a \\\" --match-set ban4 src\" -j DROP",
		"-I INPUT -m set --match-set ban4 src -j DROP",
		"-P INPUT DROP",
		"-N INPUT",
		"",
		"-A",
		"-A INPUT -m set --match-set",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (read_line(lines[i]).ours)
			fail_msg("recognised as ours: %s", lines[i]);
	}
}

static void references_to_the_set_are_recognised_except_in_comments(void **state)
{
	(void)state;
	assert_true(read_line("-A INPUT -m set ! --match-set ban4 dst -j LOG").names_set);
	assert_true(
		read_line("-A INPUT -i eth0 -m set --match-set ban4 src,dst -j DROP").names_set);
	assert_true(read_line("-A INPUT -j SET --add-set ban4 src --exist").names_set);
	assert_true(read_line("-A INPUT -j SET --del-set ban4 src").names_set);
	assert_false(read_line("-A INPUT -m set --match-set ban6 src -j DROP").names_set);
	assert_false(read_line("-A INPUT -j SET --add-set ban44 src").names_set);
	assert_false(
		read_line("-A INPUT -m comment --comment \"--match-set ban4\" -j DROP").names_set);
}

static void connection_states_are_recognised_in_every_notation(void **state)
{
	static const struct {
		const char *line;
		bool open, fresh;
	} cases[] = {
		{"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", true, false},
		{"-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", true, false},
		{"-A INPUT -m state --state NEW,ESTABLISHED,RELATED -j ACCEPT", true, true},
		{"-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT", true, true},
		{"-A INPUT -m conntrack ! --ctstate NEW -j ACCEPT", true, false},
		{"-A INPUT -m conntrack ! --ctstate RELATED,ESTABLISHED -j ACCEPT", false, true},
		{"-A INPUT -m conntrack --ctstate RELATED -j ACCEPT", false, false},
		{"-A INPUT -m conntrack --ctstate NOT_ESTABLISHED -j ACCEPT", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct iptables_rule t = read_line(cases[i].line);
		if (t.open != cases[i].open || t.fresh != cases[i].fresh)
			fail_msg("wrong state: %s", cases[i].line);
		assert_true(t.asks && t.asks_state && !t.asks_sender);
		assert_int_equal(t.end, IPTABLES_PASSES);
	}
	struct iptables_rule t = read_line(
		"-A INPUT -m comment --comment \"\\\" --ctstate ESTABLISHED \\\\\" -j ACCEPT");
	assert_false(t.asks || t.asks_state || t.open);
}

static void matches_for_any_sender_do_not_select_senders(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -j ACCEPT",
		"-A INPUT -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT",
		"-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT",
		("-A INPUT -d 203.0.113.1/32 -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN "
		 "-j ACCEPT"),
		"-A INPUT -p tcp -m limit --limit 3/sec --limit-burst 5 -j ACCEPT",
		"-A INPUT -m comment --comment \"-s 192.0.2.1\" -j ACCEPT",
		"-A INPUT -d 2001:db8::1/128 -j ACCEPT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (read_line(lines[i]).asks_sender)
			fail_msg("may select senders: %s", lines[i]);
		assert_int_equal(
			read_line(lines[i]).asks, i != 0 && !strstr(lines[i], "--comment"));
	}
}

static void unknown_matches_may_select_senders(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -s 192.0.2.1/32 -j ACCEPT",
		"-A INPUT ! -s 192.0.2.1/32 -j ACCEPT",
		"-A INPUT -m set --match-set friends src -j ACCEPT",
		"-A INPUT -m mac --mac-source 00:00:5e:00:53:01 -j ACCEPT",
		"-A INPUT -m what-comes-next --some-option a b -j ACCEPT",
		"-A INPUT ! -p tcp -j ACCEPT",
		"-A INPUT -p tcp -m tcp ! --dport 80 -j ACCEPT",
		"-A INPUT -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT",
		"-A INPUT -d ff02::fb/128 -p udp -m udp --dport 5353 -j ACCEPT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct iptables_rule t = read_line(lines[i]);
		if (!t.asks_sender || !t.asks)
			fail_msg("not recognised: %s", lines[i]);
		assert_int_equal(t.end, IPTABLES_PASSES);
	}
	assert_true(read_line("-A INPUT -i lo -j ACCEPT").loopback);
	assert_false(read_line("-A INPUT ! -i lo -j ACCEPT").loopback);
}

static void effect_of_each_target_is_recognised(void **state)
{
	static const struct {
		const char *line;
		enum iptables_verdict end;
		const char *target;
	} cases[] = {
		{"-A INPUT -j ACCEPT", IPTABLES_PASSES, "ACCEPT"},
		{"-A INPUT -j NFQUEUE --queue-num 0 --queue-bypass", IPTABLES_PASSES, "NFQUEUE"},
		{"-A INPUT -j REJECT --reject-with icmp-port-unreachable", IPTABLES_STOPS,
			"REJECT"},
		{"-A INPUT -j RETURN", IPTABLES_RETURNS, "RETURN"},
		{"-A INPUT -j ufw-before-input", IPTABLES_CALLS, "ufw-before-input"},
		{"-A INPUT -j LOG --log-prefix \"-j ACCEPT\"", IPTABLES_CALLS, "LOG"},
		{"-A INPUT -i eth0 -g WEB", IPTABLES_GOES_TO, "WEB"},
		{"-A INPUT -p tcp", IPTABLES_CONTINUES, ""},
		{"-A INPUT -m comment --comment \"-j WEB\"", IPTABLES_CONTINUES, ""},
		{"-A INPUT -m comment --comment -j -j WEB", IPTABLES_CALLS, "WEB"},
		{"-A INPUT -j 0123456789012345678901234567890123456789", IPTABLES_CALLS, ""},
		{"-A INPUT -j", IPTABLES_CONTINUES, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct iptables_rule t = read_line(cases[i].line);
		if (t.end != cases[i].end || strcmp(t.target, cases[i].target) != 0)
			fail_msg("parsed wrongly: %s", cases[i].line);
	}
	assert_int_equal(read_line("-P INPUT ACCEPT").line, IPTABLES_BUILTIN_CHAIN);
	assert_int_equal(read_line("-N web").line, IPTABLES_USER_CHAIN);
	assert_string_equal(read_line("-N web").chain, "web");
	assert_int_equal(read_line("*filter").line, IPTABLES_OTHER);
	assert_int_equal(read_line("# Generated").line, IPTABLES_OTHER);
}

static void port_lists_overlap_when_they_share_a_port(void **state)
{
	static const struct {
		const char *a, *b;
		bool meet;
	} cases[] = {
		{"80", "80,443", true},
		{"443", "80,443", true},
		{"22", "80,443", false},
		{"1:1024", "80", true},
		{"8000:8080", "8080:9000", true},
		{"8000:8080", "80,8081", false},
		{"", "80", true},
		{"80", "", true},
		{"http", "443", true},
		{"443:80", "22", true},
		{"22", "80,443:80", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			iptables_text_ports_overlap(cases[i].a, cases[i].b), cases[i].meet);
		assert_int_equal(
			iptables_text_ports_overlap(cases[i].b, cases[i].a), cases[i].meet);
	}
}

/* A line that is longer than the reader's buffer may be cut anywhere. The parser must stay within
 * its bytes. */
static void a_cut_line_is_parsed_within_its_bytes(void **state)
{
	static const char line[] =
		"-A INPUT -p tcp -m multiport --dports 80,443 -m set --match-set "
		"ban4 src -j DROP";
	static const char other[] =
		"-A INPUT -m comment --comment \"a \\\" b\" -m conntrack --ctstate "
		"ESTABLISHED -m tcp --tcp-flags FIN,SYN SYN -j SET --add-set ban4 src";

	(void)state;
	for (size_t len = 0; len < sizeof other - 1; len++) {
		char *copy = test_malloc(len + 1);
		memcpy(copy + 1, other, len);
		(void)iptables_text_parse(copy + 1, len, "ban4");
		memcpy(copy + 1, line, len < sizeof line - 1 ? len : 0);
		if (len < sizeof line - 1)
			assert_false(iptables_text_parse(copy + 1, len, "ban4").ours);
		test_free(copy);
	}
	assert_true(read_line(line).ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drop_rule_is_recognised_with_and_without_ports),
		cmocka_unit_test(rules_that_resemble_the_drop_rule_are_not_ours),
		cmocka_unit_test(references_to_the_set_are_recognised_except_in_comments),
		cmocka_unit_test(connection_states_are_recognised_in_every_notation),
		cmocka_unit_test(matches_for_any_sender_do_not_select_senders),
		cmocka_unit_test(unknown_matches_may_select_senders),
		cmocka_unit_test(effect_of_each_target_is_recognised),
		cmocka_unit_test(port_lists_overlap_when_they_share_a_port),
		cmocka_unit_test(a_cut_line_is_parsed_within_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
