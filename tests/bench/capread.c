// SPDX-License-Identifier: GPL-2.0
/* capread FILE: libpcap's own loop over a capture, and nothing else: the floor for whoever uses it. */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char words[PCAP_ERRBUF_SIZE] = "";
	unsigned long long packets = 0, bytes = 0;
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap;

	pcap = argc == 2 ? pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO,
								   words) : NULL;
	if (!pcap) {
		fprintf(stderr, "capread: %s\n", words[0] ? words : "usage: capread FILE");
		return 2;
	}
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		packets++;
		bytes += header->caplen;
	}
	pcap_close(pcap);
	printf("%llu packets, %llu bytes\n", packets, bytes);
	return 0;
}
