/*
 * fibmon - watches the kernel's main IPv4 table (--v6: the IPv6 one) of its network namespace.
 *
 * Counts, per host prefix base+i (--v6: fd00:5320:: and base+i), the routes present, from RTM_NEWROUTE and
 * RTM_DELROUTE notifications.  Prefixes with i < N form the measured set,
 * those with N <= i < space are probes and are reported one by one.
 *
 * stdin commands: target K   report 'reached' when present == K (now or later)
 *                 reset      zero the new/del counters and the minimum
 *                 stats      counters
 *                 dump       count by a real dump of the table
 *                 move HOST GW K  lead HOST/32 through GW ('underlay' is when), and report 'moved' when K measured
 *                            routes were replaced by ones through GW, or 'nexthop' when a nexthop object was
 *                 quit
 */
#include "nl.h"
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>

enum { VEC = 64, MSGSZ = 2048 };
static uint32_t base, n = 1000, space = 1 << 21;
static uint8_t *cnt;
static uint64_t news, dels, reps, other, lost, batches;
static uint32_t present, probes, minp, target; static int target_on;
static uint64_t t_last, t_underlay;
static int v6; static uint32_t gw, gw_routes, gw_seen;

static void say(const char *e, uint64_t t)
{
	printf("{\"ev\":\"%s\",\"t\":%" PRIu64 ",\"present\":%u,\"probes\":%u,\"new\":%" PRIu64 ",\"replace\":%" PRIu64 ",\"del\":%" PRIu64 ",\"min\":%u,\"other\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"t_last\":%" PRIu64 ",\"reads\":%" PRIu64 ",\"underlay\":%" PRIu64 "}\n",
	       e, t, present, probes, news, reps, dels, minp, other, lost, t_last, batches, t_underlay);
	fflush(stdout);
}

static void check(uint64_t t)
{
	if (target_on && present == target) { target_on = 0; say("reached", t); }
}

static void route(struct nlmsghdr *h, int notify)
{
	struct rtmsg *r = NLMSG_DATA(h);
	int l = RTM_PAYLOAD(h), up = h->nlmsg_type == RTM_NEWROUTE;
	uint32_t i = 0, via = 0; int got = 0, len = v6 ? 16 : 4;
	if (r->rtm_family != (v6 ? AF_INET6 : AF_INET) || r->rtm_dst_len != 8 * len || r->rtm_table != RT_TABLE_MAIN) return;
	for (struct rtattr *a = RTM_RTA(r); RTA_OK(a, l); a = RTA_NEXT(a, l)) {
		uint8_t *d = RTA_DATA(a);
		if (a->rta_type == RTA_DST && (!v6 || (d[2] == 0x53 && d[3] == 0x20))) { i = ntohl(*(uint32_t *)(d + len - 4)) - base; got = 1; }
		if (a->rta_type == RTA_GATEWAY && !v6) via = *(uint32_t *)d;
	}
	if (gw && via == gw && up && notify && got && i < n && ++gw_seen == gw_routes) { t_last = now(); say("moved", t_last); }
	if (!got || i >= space) { other++; return; }
	int was = cnt[i];
	if (up) {
		if (h->nlmsg_flags & NLM_F_REPLACE && notify) { reps++; if (!cnt[i]) cnt[i] = 1; }
		else { if (notify) news++; if (cnt[i] < 255) cnt[i]++; }
	} else { dels++; if (cnt[i]) cnt[i]--; }
	uint64_t t = now();
	t_last = t;
	if (i < n) {
		if (!was && cnt[i]) present++;
		if (was && !cnt[i]) { present--; if (present < minp) minp = present; }
		if (notify) check(t);
	} else {
		if (!was && cnt[i]) probes++;
		if (was && !cnt[i]) probes--;
		if (notify) {
			printf("{\"ev\":\"fib\",\"up\":%d,\"i\":%u,\"t\":%" PRIu64 "}\n", up, i, t);
			fflush(stdout);
		}
	}
}

/* A nexthop object that now leads through the watched gateway moves all its routes at once. */
static void nexthop(struct nlmsghdr *h)
{
	struct nhmsg *m = NLMSG_DATA(h);
	int l = NLMSG_PAYLOAD(h, sizeof *m);
	for (struct rtattr *a = (void *)((uint8_t *)m + NLMSG_ALIGN(sizeof *m)); RTA_OK(a, l); a = RTA_NEXT(a, l))
		if (a->rta_type == NHA_GATEWAY && gw && *(uint32_t *)RTA_DATA(a) == gw) { t_last = now(); say("nexthop", t_last); }
}

/* What a routing daemon of the underlay does when a host moves. */
static void lead(uint32_t host)
{
	uint8_t m[128] = { 0 };
	struct nlmsghdr *h = (void *)m;
	struct rtmsg *r = NLMSG_DATA(h);
	int fd = nl_open(0);
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r); h->nlmsg_type = RTM_NEWROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE; h->nlmsg_seq = 1;
	r->rtm_family = AF_INET; r->rtm_dst_len = 32; r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_BOOT; r->rtm_type = RTN_UNICAST; r->rtm_scope = RT_SCOPE_UNIVERSE;
	nl_attr(m, RTA_DST, &host, 4);
	nl_attr(m, RTA_GATEWAY, &gw, 4);
	t_underlay = now();
	if (send(fd, m, NLMSG_ALIGN(h->nlmsg_len), 0) < 0) die("send route");
	close(fd);
}

static void redump_cb(struct nlmsghdr *h) { route(h, 0); }

static long dump(int rebuild)
{
	static uint8_t b[1 << 18];
	int fd = nl_open(0);
	if (rebuild) { memset(cnt, 0, space); present = probes = 0; }
	long k = nl_dump(fd, v6 ? AF_INET6 : AF_INET, b, sizeof b, rebuild ? redump_cb : NULL, NULL);
	close(fd);
	return k;
}

int main(int argc, char **argv)
{
	static const struct option o[] = { {"base", 1, 0, 'b'}, {"n", 1, 0, 'n'}, {"space", 1, 0, 's'}, {"v6", 0, 0, '6'}, {0} };
	int c;
	base = ntohl(inet_addr("10.0.0.0"));
	while ((c = getopt_long(argc, argv, "", o, 0)) != -1) switch (c) {
	case 'b': base = ntohl(inet_addr(optarg)); break;
	case 'n': n = strtoul(optarg, 0, 10); break;
	case 's': space = strtoul(optarg, 0, 10); break;
	case '6': v6 = 1; break;
	default: return 2;
	}
	if (!(cnt = calloc(space, 1))) die("calloc");
	int fd = nl_open(2000000000);
	for (int g, k = 0; k < 2; k++) {
		g = k ? RTNLGRP_NEXTHOP : v6 ? RTNLGRP_IPV6_ROUTE : RTNLGRP_IPV4_ROUTE;
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &g, sizeof g)) die("membership");
	}
	dump(1);
	minp = present;
	say("ready", now());
	static uint8_t mem[VEC][MSGSZ];
	struct iovec iov[VEC]; struct mmsghdr mm[VEC];
	memset(mm, 0, sizeof mm);
	for (int i = 0; i < VEC; i++) {
		iov[i] = (struct iovec){ mem[i], MSGSZ };
		mm[i].msg_hdr.msg_iov = &iov[i]; mm[i].msg_hdr.msg_iovlen = 1;
	}
	char line[128]; size_t ll = 0;
	for (;;) {
		struct pollfd p[2] = { { fd, POLLIN, 0 }, { 0, POLLIN, 0 } };
		if (poll(p, 2, -1) < 0 && errno != EINTR) die("poll");
		if (p[0].revents) {
			int k = recvmmsg(fd, mm, VEC, MSG_DONTWAIT, NULL);
			if (k < 0) {
				if (errno == ENOBUFS) { lost++; dump(1); check(now()); }
				else if (errno != EAGAIN && errno != EINTR) die("recv");
			}
			batches++;
			for (int i = 0; i < k; i++) {
				int l = mm[i].msg_len;
				for (struct nlmsghdr *h = (void *)mem[i]; NLMSG_OK(h, l); h = NLMSG_NEXT(h, l))
					if (h->nlmsg_type == RTM_NEWNEXTHOP) nexthop(h);
					else if (h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == RTM_DELROUTE) route(h, 1);
			}
		}
		if (p[1].revents) {
			char t[128]; ssize_t r = read(0, t, sizeof t);
			if (r <= 0) return 0;
			for (ssize_t j = 0; j < r; j++) {
				if (t[j] != '\n') { if (ll < sizeof line - 1) line[ll++] = t[j]; continue; }
				line[ll] = 0; ll = 0;
				if (!strncmp(line, "target ", 7)) { target = strtoul(line + 7, 0, 10); target_on = 1; check(now()); }
				else if (!strncmp(line, "move ", 5)) {
					char h[32] = "", g[32] = "";
					sscanf(line, "%*s %31s %31s %u", h, g, &gw_routes);
					gw = inet_addr(g); gw_seen = 0;
					lead(inet_addr(h));
				} else if (!strcmp(line, "reset")) { news = dels = reps = other = batches = 0; minp = present; }
				else if (!strcmp(line, "stats")) say("stats", now());
				else if (!strcmp(line, "dump")) {
					uint64_t t0 = now(); long k = dump(0);
					printf("{\"ev\":\"dump\",\"routes\":%ld,\"ms\":%.1f}\n", k, (now() - t0) / 1e6); fflush(stdout);
				} else if (!strcmp(line, "quit")) return 0;
			}
		}
	}
}
