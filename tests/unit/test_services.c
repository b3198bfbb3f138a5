// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports by the names of services: a file of its own, with all that may be in one. */
#include <errno.h>
#include <netdb.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "options/filter.h"
#include "options/services.h"
#include "tap.h"

static const char text[] =
	"# Network services\n"
	"\n"
	"ftp-data\t20/tcp\n"
	"ftp\t\t21/tcp\n"
	"domain\t\t53/udp\n"
	"domain\t\t53/tcp\n"
	"http\t\t80/tcp\t\twww web-server\t# WorldWideWeb HTTP\n"
	"   indented 81/tcp\n"
	"#hidden\t\t82/tcp\n"
	"late\t\t83/tcp # alias-in-comment\n"
	"syslog\t\t514/udp\n"
	"large\t\t65536/tcp\n"
	"zero\t\t0/tcp\n"
	"negative\t-1/tcp\n"
	"half\t\t84\n"
	"other\t\t85/tcpmux\n"
	"lonely\n"
	"last\t\t65535/tcp";

static char path[] = "/tmp/test_services.XXXXXX";

static void test_names(void)
{
	static const struct {
		const char *name;
		uint16_t port;
	} cases[] = {
		{ "ftp-data", 20 }, { "ftp", 21 }, { "domain", 53 }, { "http", 80 }, { "www", 80 },
		{ "web-server", 80 }, { "indented", 81 }, { "late", 83 }, { "last", 65535 },
		/* None: of another protocol, in a comment, no port. */
		{ "syslog", 0 }, { "hidden", 0 }, { "#hidden", 0 }, { "alias-in-comment", 0 },
		{ "#", 0 }, { "large", 0 }, { "zero", 0 }, { "negative", 0 }, { "half", 0 },
		{ "other", 0 }, { "lonely", 0 }, { "", 0 }, { "80/tcp", 0 }, { "HTTP", 0 },
		{ "htt", 0 }, { "http ", 0 }, { "Network", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t port = 7;
		int err = services_port(path, cases[i].name, &port);

		tap_check(err == (cases[i].port ? 0 : -ENOENT), __FILE__, __LINE__, cases[i].name);
		tap_check(port == (cases[i].port ? cases[i].port : 7), __FILE__, __LINE__,
			  cases[i].name);
	}
}

static void test_no_file(void)
{
	uint16_t port = 7;

	check_eq(services_port("/nonexistent/services", "http", &port), -ENOENT);
	check_eq(services_port("/", "http", &port), -ENOENT);
	check_eq(port, 7);
}

/* What a list of ports takes; this machine's own file. */
static const char *described(const char *list)
{
	static char words[256];
	struct tcc_filter filter = { 0 };
	const char *bad = "";

	if (filter_add(&filter, FILTER_PORT, list, &bad))
		snprintf(words, sizeof(words), "bad: %s", bad);
	else
		filter_describe(&filter, words, sizeof(words));
	return words;
}

static bool has_service(const char *name, int port)
{
	const struct servent *service = getservbyname(name, "tcp");

	return service && ntohs((uint16_t)service->s_port) == port;
}

static void test_filter(void)
{
	check_str(described("no-such-service"), "bad: no-such-service");
	check_str(described("80,no-such-service"), "bad: no-such-service");
	check_str(described("80-no-such-service"), "bad: 80-no-such-service");
	if (access(SERVICES_PATH, R_OK) || !has_service("http", 80) || !has_service("ftp", 21) ||
	    !has_service("ftp-data", 20) || !has_service("https", 443))
		return tap_skip("/etc/services lacks http, https, ftp or ftp-data");
	check_str(described("http"), "port 80");
	check_str(described("!http,https"), "port 443, not port 80");
	/* The whole word first, then a range. */
	check_str(described("ftp-data"), "port 20");
	check_str(described("ftp-http"), "port 21-80");
	check_str(described("ftp-data-http"), "port 20-80");
	check_str(described("ftp-90"), "port 21-90");
	check_str(described("70-http"), "port 70-80");
	check_str(described("http-ftp"), "bad: http-ftp");
	check_str(described("http-"), "bad: http-");
	check_str(described("-http"), "bad: -http");
	check_str(described("HTTP"), "bad: HTTP");
	check_str(described("http-99999"), "bad: http-99999");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1) {
		printf("Bail out! no file\n");
		return 1;
	}
	close(fd);
	TAP_RUN(test_names);
	TAP_RUN(test_no_file);
	TAP_RUN(test_filter);
	unlink(path);
	return tap_done();
}
