// SPDX-License-Identifier: GPL-2.0
/*
 * tracenaive [--seed] FILE: a second reader of traces, written from docs/trace.md alone, slow and plain. It
 * stops at whatever is not as that page says (exit 1, a line on stderr); of one that is whole it prints
 * a line an event, as `traceprint` does through urbscope's reader.
 *
 * --seed: the payloads unpacked, as tests/fuzz/trace.c takes them.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct bytes {
	const unsigned char *at;
	size_t size;
};

static void broken(const char *what)
{
	fprintf(stderr, "tracenaive: %s\n", what);
	exit(1);
}

static void must(bool holds, const char *what)
{
	if (!holds)
		broken(what);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static uint64_t fixed(struct bytes from, size_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	must(offset + bytes <= from.size, "cut off in a number");
	while (bytes--)
		value = value * 256 + from.at[offset + bytes];
	return value;
}

static uint64_t varint(struct bytes *from)
{
	uint64_t value = 0;
	unsigned int byte, shift = 0;

	do {
		must(from->size && shift < 70, "cut off in a varint, or one too long");
		byte = *from->at++;
		from->size--;
		must(shift < 63 || byte < 2, "a varint of more than 64 bits");
		value += (uint64_t)(byte % 128) << shift;
		shift += 7;
	} while (byte >= 128);
	return value;
}

static uint64_t unzigzag(uint64_t value)
{
	return value % 2 ? -(value / 2) - 1 : value / 2;
}

static uint64_t is_signed(struct bytes *from)
{
	return unzigzag(varint(from));
}

static uint64_t at_most(uint64_t max, struct bytes *from)
{
	uint64_t value = varint(from);

	must(value <= max, "a number that its field cannot hold");
	return value;
}

static struct bytes string(struct bytes *from)
{
	struct bytes value = { from->at, varint(from) };

	value.at = from->at;
	must(value.size <= from->size, "cut off in a string");
	from->at += value.size;
	from->size -= value.size;
	return value;
}

/* Bit by bit. */
static uint32_t crc32_of(struct bytes b)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < b.size; i++) {
		crc ^= b.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static void check_crc(struct bytes b, size_t size)
{
	must(b.size >= size && fixed(b, size - 4, 4) == crc32_of((struct bytes){ b.at, size - 4 }),
	     "a checksum is wrong");
}

/* --- a payload ---------------------------------------------------------------------------------- */

enum { RUN, FACTS, ENDPOINTS, OPEN, SHAPES, SHAPE, TIME, ID, A, B, C, PLACES, SECTIONS };

struct facts {
	uint64_t has_ids, vid, pid, speed, type, max_packet;
	struct bytes path, name, driver;
};

struct shape {
	uint64_t endpoint, kind, type, seen, flags, stream, cpu, interval, gfp, xfer_flags, pid;
	struct bytes comm;
	uint64_t a;
};

#define MANY 200000 /* more than a block may have of anything */

static struct facts facts[MANY];
static uint64_t endpoints[MANY], last_id[MANY][16];
static struct shape shapes[MANY];
static size_t facts_cnt, endpoint_cnt, shape_cnt;

static void print_text(const char *name, struct bytes text, size_t max)
{
	printf(" %s=", name);
	/* what a reader has no room for is cut; at a NUL it ends */
	for (size_t i = 0; i < text.size && i < max && text.at[i]; i++)
		printf("%02x", text.at[i]);
}

static void take_facts(struct bytes b)
{
	for (facts_cnt = 0; b.size; facts_cnt++) {
		struct facts *f = &facts[facts_cnt];

		f->has_ids = at_most(1, &b);
		f->vid = at_most(65535, &b);
		f->pid = at_most(65535, &b);
		f->speed = at_most(255, &b);
		f->type = at_most(4, &b);
		f->max_packet = at_most(65535, &b);
		f->path = string(&b);
		f->name = string(&b);
		f->driver = string(&b);
	}
}

static void take_endpoints(struct bytes b, bool key)
{
	for (endpoint_cnt = 0; b.size; endpoint_cnt++) {
		uint64_t flags;

		endpoints[endpoint_cnt] = at_most(0xffffffff, &b);
		memset(last_id[endpoint_cnt], 0, sizeof(last_id[0]));
		flags = at_most(31, &b);
		must(!flags || (key && flags & 1), "flags of an endpoint that is not known");
		if (!flags)
			continue;
		at_most(0xffffffff, &b);
		at_most(facts_cnt, &b);
	}
}

static void take_shapes(struct bytes b)
{
	for (shape_cnt = 0; b.size; shape_cnt++) {
		struct shape *s = &shapes[shape_cnt];

		s->endpoint = varint(&b);
		must(s->endpoint < endpoint_cnt, "a shape of no endpoint");
		s->kind = at_most(11, &b);
		must(s->kind > 0, "a shape of no kind");
		s->type = at_most(4, &b);
		s->seen = at_most(255, &b);
		s->flags = at_most(255, &b);
		s->stream = at_most(65535, &b);
		s->cpu = at_most(65535, &b);
		s->interval = at_most(0xffffffff, &b);
		s->gfp = at_most(0xffffffff, &b);
		s->xfer_flags = at_most(0xffffffff, &b);
		s->pid = at_most(0xffffffff, &b);
		s->comm = string(&b);
		s->a = 0;
	}
}

static size_t take_open(struct bytes b)
{
	size_t cnt = 0;

	for (; b.size; cnt++) {
		must(varint(&b) < endpoint_cnt, "a transfer of no endpoint");
		is_signed(&b);
		varint(&b);
		at_most(65535, &b);
		at_most(4, &b);
		at_most(0xffffffff, &b);
	}
	return cnt;
}

/* --- events ------------------------------------------------------------------------------------- */

static void print_facts(const struct facts *f)
{
	printf(" ids=%d %04x:%04x speed=%d max=%d", (int)f->has_ids, (int)f->vid, (int)f->pid,
	       (int)f->speed, (int)f->max_packet);
	print_text("path", f->path, 31);
	print_text("name", f->name, 63);
	print_text("driver", f->driver, 31);
}

static void print_event(const struct shape *s, uint64_t time, uint64_t id, uint64_t a, uint64_t b, uint64_t c)
{
	printf("%" PRIu64 " kind=%d ep=%" PRIu64 " id=%" PRIu64 " type=%d seen=%d flags=%d stream=%d cpu=%d",
	       time, (int)s->kind, endpoints[s->endpoint], id, (int)s->type, (int)s->seen,
	       (int)s->flags, (int)s->stream, (int)s->cpu);
	switch (s->kind) {
	case 1:
	case 6:
		printf(" length=%" PRIu64 " submit=%" PRIu64 " slot=%" PRIu64, a,
		       s->seen & 1 ? time - unzigzag(b) : 0, c ? id + unzigzag(c - 1) : 0);
		printf(" interval=%" PRIu64 " gfp=%" PRIx64 " xfer=%" PRIx64 " pid=%" PRIu64, s->interval,
		       s->gfp, s->xfer_flags, s->pid);
		print_text("comm", s->comm, 15);
		break;
	case 2:
	case 3:
		printf(" length=%" PRIu64 " status=%d", a, (int)unzigzag(b));
		break;
	case 5:
		printf(" handler=%" PRIu64, time - unzigzag(b));
		break;
	case 8:
		printf(" count=%" PRIu64 " until=%" PRIu64, a, time + unzigzag(b));
		break;
	case 9:
		must(a < facts_cnt, "an event of no facts");
		print_facts(&facts[a]);
		break;
	case 11:
		must((c & 3) < 3, "streams of no kind");
		printf(" asked=%" PRIu64 " result=%d what=%d queued=%d gfp=%" PRIx64, a, (int)unzigzag(b),
		       (int)(c & 3), (int)(c >> 2 & 1), c >> 3);
		break;
	}
	printf("\n");
}

static void take_events(struct bytes *section, uint64_t events, uint64_t time)
{
	bool empty[SECTIONS];

	for (int i = SHAPE; i <= C; i++)
		empty[i] = !section[i].size;
	for (; events; events--) {
		uint64_t place = empty[SHAPE] ? 0 : varint(&section[SHAPE]), *id;
		struct shape *s = &shapes[place];

		must(place < shape_cnt, "an event of no shape");
		id = &last_id[s->endpoint][s->kind];
		time += empty[TIME] ? 0 : is_signed(&section[TIME]);
		*id += empty[ID] ? 0 : is_signed(&section[ID]);
		s->a += empty[A] ? 0 : is_signed(&section[A]);
		print_event(s, time, *id, s->a, empty[B] ? 0 : varint(&section[B]),
			    empty[C] ? 0 : varint(&section[C]));
	}
	for (int i = SHAPE; i <= C; i++)
		must(!section[i].size, "more values than events");
}

/* --- the file ----------------------------------------------------------------------------------- */

struct block {
	uint64_t type, flags, size, unpacked, events, run, seq, event, first, last;
};

static bool as_seeds;

static void put_seed(const struct block *block, struct bytes payload)
{
	unsigned char head[5] = { block->type == 2 ? 4 : block->flags, block->events, block->events >> 8,
				  payload.size, payload.size >> 8 };

	must(payload.size < 65536, "too large for a seed");
	fwrite(head, 1, sizeof(head), stdout);
	fwrite(payload.at, 1, payload.size, stdout);
}

/* Names come in pairs with values. */
static void take_run(struct bytes b)
{
	while (b.size) {
		string(&b);
		string(&b);
	}
}

static void take_payload(const struct block *block, struct bytes payload)
{
	struct bytes section[SECTIONS] = { 0 }, all = payload;
	bool key = block->flags & 1;

	if (as_seeds) {
		put_seed(block, payload);
		return;
	}
	for (int i = 0; i < SECTIONS && payload.size; i++)
		section[i] = string(&all);
	must(!all.size, "more than twelve sections");
	must(!!section[RUN].size == (key || block->type == 2), "says too much or too little of the run");
	must(!section[OPEN].size || key, "what was in flight, and no KEY block");
	take_run(section[RUN]);
	take_facts(section[FACTS]);
	take_endpoints(section[ENDPOINTS], key);
	take_shapes(section[SHAPES]);
	take_open(section[OPEN]);
	take_events(section, block->events, block->first);
}

static void check_block(const struct block *b, const struct block *before, uint64_t run)
{
	must(b->type == 1 || b->type == 2, "a block of another type");
	must(b->flags < 16 && (!b->flags || b->flags & 1), "flags of a block");
	must(b->size <= 1 << 26 && b->unpacked <= 1 << 26 && b->events <= 16384, "too much in a block");
	must(b->run == run % (UINT64_C(1) << 32), "a block of another run");
	must(b->seq == before->seq + 1, "a block is missing");
	must(b->event == before->event + before->events, "events are missing");
	must(b->last >= b->first, "time runs back");
	must(!before->last || b->first == before->last, "time is missing");
}

static struct block take_block(struct bytes *file, const struct block *before, uint64_t run)
{
	static unsigned char unpacked[1 << 26];
	struct block block = { 0 };
	struct bytes payload;
	size_t got = 0;

	must(file->size >= 72 && !memcmp(file->at, "\x89" "BLK", 4), "no block");
	check_crc(*file, 72);
	block.type = fixed(*file, 4, 1);
	block.flags = fixed(*file, 5, 1);
	block.size = fixed(*file, 8, 4);
	block.unpacked = fixed(*file, 12, 4);
	block.events = fixed(*file, 16, 4);
	block.run = fixed(*file, 20, 4);
	block.seq = fixed(*file, 24, 8);
	block.event = fixed(*file, 32, 8);
	block.first = fixed(*file, 40, 8);
	block.last = fixed(*file, 48, 8);
	check_block(&block, before, run);
	must(file->size >= 72 + block.size, "cut off in a block");
	payload = (struct bytes){ file->at + 72, block.size };
	must(fixed(*file, 64, 4) == crc32_of(payload), "a payload's checksum is wrong");
	if (block.size)
		got = ZSTD_decompress(unpacked, sizeof(unpacked), payload.at, payload.size);
	must(!ZSTD_isError(got) && got == block.unpacked, "a payload that cannot be unpacked");
	take_payload(&block, (struct bytes){ unpacked, got });
	file->at += 72 + block.size;
	file->size -= 72 + block.size;
	return block;
}

static void take_file(struct bytes file)
{
	const unsigned char *begin = file.at, *end;
	struct block block;
	uint64_t run;

	must(file.size >= 48 && !memcmp(file.at, "\x89URB\r\n\x1a\n", 8), "no trace");
	check_crc(file, 48);
	must(fixed(file, 8, 2) == 1 && fixed(file, 10, 2) == 48 && !fixed(file, 12, 4), "another version");
	run = fixed(file, 16, 8);
	block = (struct block){ .seq = fixed(file, 24, 8) - 1, .event = fixed(file, 32, 8) };
	file.at += 48;
	file.size -= 48;
	do {
		end = file.at;
		block = take_block(&file, &block, run);
		must(end != begin + 48 || block.flags & 1, "begins without a KEY block");
	} while (block.type != 2);
	must(file.size == 16 && !memcmp(file.at, "\x89" "END", 4), "no trailer");
	check_crc(file, 16);
	must(fixed(file, 4, 8) == (uint64_t)(end - begin), "the trailer names another place");
}

int main(int argc, char **argv)
{
	static unsigned char file[64 << 20];
	FILE *in;
	size_t size;

	as_seeds = argc == 3 && !strcmp(argv[1], "--seed");
	in = argc == 2 + as_seeds ? fopen(argv[1 + as_seeds], "rb") : NULL;
	if (!in) {
		fprintf(stderr, "usage: tracenaive [--seed] FILE\n");
		return 2;
	}
	size = fread(file, 1, sizeof(file), in);
	fclose(in);
	take_file((struct bytes){ file, size });
	return 0;
}
