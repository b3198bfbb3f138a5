// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection of a terminal over ssh; see ssh.h. */
#include "options/ssh.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "SSH_CONNECTION="

/* How far up a shell may be: sudo, its monitor, multiplexers, shells in shells. */
#define PARENTS_MAX 32

/* --- the variable -------------------------------------------------------------------- */

/* An address of a link has its interface behind it. */
static bool parse_address(char *text, uint32_t addr[4], bool *is_ipv6)
{
	text[strcspn(text, "%")] = '\0';
	*is_ipv6 = inet_pton(AF_INET6, text, addr) == 1;
	if (*is_ipv6)
		return true;
	addr[0] = addr[1] = 0;
	addr[2] = htonl(0xffff);
	return inet_pton(AF_INET, text, &addr[3]) == 1;
}

bool ssh_parse_connection(struct ssh_connection *connection, const char *value)
{
	char client[64], server[64];
	unsigned int client_port, server_port;
	bool is_ipv6;
	int end = 0;

	if (sscanf(value, "%63s %5u %63s %5u%n", client, &client_port, server, &server_port,
		   &end) != 4 || value[end] || client_port > UINT16_MAX || server_port > UINT16_MAX)
		return false;
	connection->dport = (uint16_t)client_port;
	connection->sport = (uint16_t)server_port;
	return parse_address(client, connection->daddr, &is_ipv6) &&
	       parse_address(server, connection->saddr, &connection->is_ipv6) &&
	       is_ipv6 == connection->is_ipv6;
}

/* Of a process; NULL: not there, or not for us to see. For free(). */
static char *value_of(pid_t pid)
{
	char path[32], *variable = NULL, *value = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	file = fopen(path, "re");
	while (file && !value && getdelim(&variable, &size, '\0', file) > 0) {
		if (strncmp(variable, VARIABLE, strlen(VARIABLE)) == 0)
			value = strdup(variable + strlen(VARIABLE));
	}
	if (file)
		fclose(file);
	free(variable);
	return value;
}

/* 0: none, or not for us to see. */
static pid_t parent_of(pid_t pid)
{
	char path[32], stat[512];
	const char *name_end;
	int parent = 0;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[length] = '\0';
	name_end = strrchr(stat, ')');
	return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* --- whether it is there ------------------------------------------------------------- */

/* An end as /proc/net/tcp and tcp6 have it: words of the host's byte order, in hex. */
static void print_end(char *text, size_t size, const uint32_t addr[4], uint16_t port, bool is_ipv6)
{
	if (is_ipv6)
		snprintf(text, size, "%08X%08X%08X%08X:%04X", addr[0], addr[1], addr[2], addr[3], port);
	else
		snprintf(text, size, "%08X:%04X", addr[3], port);
}

/* A socket of IPv6 may have a connection of IPv4. */
static bool is_listed(const char *path, const struct ssh_connection *connection, bool is_ipv6)
{
	char line[512], local[48], remote[48], ends[112];
	FILE *file = fopen(path, "re");
	bool is_there = false;

	if (!file)
		return false;
	print_end(local, sizeof(local), connection->saddr, connection->sport, is_ipv6);
	print_end(remote, sizeof(remote), connection->daddr, connection->dport, is_ipv6);
	snprintf(ends, sizeof(ends), ": %s %s 01 ", local, remote);
	while (!is_there && fgets(line, sizeof(line), file))
		is_there = strstr(line, ends) != NULL;
	fclose(file);
	return is_there;
}

bool ssh_find_connection(struct ssh_connection *connection)
{
	pid_t pid = getpid();
	bool is_one = false;

	for (int i = 0; i < PARENTS_MAX && pid > 0 && !is_one; i++) {
		char *value = value_of(pid);

		is_one = value && ssh_parse_connection(connection, value);
		free(value);
		pid = parent_of(pid);
	}
	return is_one && ((!connection->is_ipv6 && is_listed("/proc/net/tcp", connection, false)) ||
			  is_listed("/proc/net/tcp6", connection, true));
}
