/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of an endpoint is learnt at its first submission, and anew when another device
 * or driver stands behind the same address: its facts go into the ring once, and the filters
 * run here, so that a URB costs one look-up whatever was asked for.
 */

static __always_inline __u32 device_key(struct usb_device *dev)
{
	struct usb_bus *bus = LOAD(dev, bus);

	return LOAD(bus, busnum) << 16 | (LOAD(dev, devnum) & 0xff) << 8;
}

static __always_inline __u8 endpoint_type(struct usb_host_endpoint *ep)
{
	return LOAD(ep, desc.bmAttributes) & 3;
}

/* Endpoint 0 is one endpoint, whatever the direction. */
static __always_inline __u32 endpoint_key(struct usb_device *dev, struct usb_host_endpoint *ep)
{
	return device_key(dev) | (LOAD(ep, desc.bEndpointAddress) & 0x8f);
}

/* The same, of pointers that the verifier does not know. */
static __always_inline __u32 endpoint_key_read(struct usb_device *dev, struct usb_host_endpoint *ep)
{
	return BPF_CORE_READ(dev, bus, busnum) << 16 | (BPF_CORE_READ(dev, devnum) & 0xff) << 8 |
	       (BPF_CORE_READ(ep, desc.bEndpointAddress) & 0x8f);
}

/* Only such endpoints can have streams (usb_alloc_streams()). */
static __always_inline bool can_have_streams(struct usb_device *dev, struct usb_host_endpoint *ep)
{
	return (BPF_CORE_READ(ep, desc.bmAttributes) & 3) == 2 &&
	       BPF_CORE_READ(dev, speed) >= USB_SPEED_SUPER;
}

/* So many are on. 0, or an error: no room, and not counted as lost. */
static __always_inline int streams_are(__u32 key, __u8 type, int cnt, __u64 now)
{
	struct wire_streams rec = {
		.head = { .time_ns = now, .ep = key, .kind = WIRE_STREAMS, .flags = type },
		.result = cnt,
		.what = WIRE_STREAMS_ARE,
	};

	return bpf_ringbuf_output(&ring, &rec, sizeof(rec), BPF_RB_NO_WAKEUP);
}

/*
 * The interface that an endpoint belongs to, where no struct ep_device tells: during probe() there is none, and
 * the struct is usbcore's own, not known without its BTF. The default endpoint is the device's.
 */
OUT_OF_LINE __u64 find_interface(__u64 dev_addr, __u64 ep_addr)
{
	struct usb_device *dev = (void *)dev_addr;
	struct usb_host_endpoint *ep = (void *)ep_addr;
	struct usb_host_config *active = BPF_CORE_READ(dev, actconfig);

	if (!(BPF_CORE_READ(ep, desc.bEndpointAddress) & 0xf))
		return dev_addr + bpf_core_field_offset(struct usb_device, dev);
	for (int i = 0; active && i < USB_MAXINTERFACES; i++) {
		struct usb_interface *interface = NULL;
		struct usb_host_interface *setting;
		__u64 first;

		bpf_core_read(&interface, sizeof(interface), &active->interface[i]);
		setting = BPF_CORE_READ(interface, cur_altsetting);
		first = (__u64)BPF_CORE_READ(setting, endpoint);
		if (first && ep_addr >= first &&
		    ep_addr < first + BPF_CORE_READ(setting, desc.bNumEndpoints) *
				      bpf_core_type_size(struct usb_host_endpoint))
			return (__u64)interface + bpf_core_field_offset(struct usb_interface, dev);
	}
	return 0;
}

/*
 * The driver bound to the endpoint's interface. There is no ep_device during probe() and on
 * altsettings that are not in use; a stale one is told by its udev.
 */
static __always_inline struct device_driver *
endpoint_driver(struct usb_device *dev, struct usb_host_endpoint *ep, struct ep_device *ep_dev,
		__u64 *driver_at)
{
	struct device *interface;

	*driver_at = 0;
	if (ep_dev && bpf_core_type_exists(struct ep_device)) {
		if (BPF_CORE_READ(ep_dev, udev) != dev)
			return NULL;
		interface = BPF_CORE_READ(ep_dev, dev.parent);
	} else {
		interface = (void *)find_interface((__u64)dev, (__u64)ep);
		if (!interface)
			return NULL;
	}
	*driver_at = (__u64)interface + bpf_core_field_offset(struct device, driver);
	return BPF_CORE_READ(interface, driver);
}

/*
 * Once a URB, so one read where there are three to follow. The interface cannot be another
 * while ep_dev is the same, but for one case: both were freed and ep_dev's address was given
 * out anew. Unbinding has cleared the old interface's driver by then, so it does not match.
 */
static __always_inline bool same_driver(const struct wire_endpoint *known, __u64 ep_dev)
{
	__u64 driver = 0;

	if (!known->driver || known->ep_dev != ep_dev)
		return false;
	bpf_probe_read_kernel(&driver, sizeof(driver), (void *)known->driver_at);
	return driver == known->driver;
}

static __always_inline bool same_string(const char *have, const volatile char *want, int size)
{
	for (int i = 0; i < size; i++) {
		if (have[i] != want[i])
			return false;
		if (!have[i])
			return true;
	}
	return true;
}

static __always_inline bool filter_matches(const volatile struct wire_filter *f,
					   const struct wire_facts *facts)
{
	__u32 ep = facts->head.ep;
	__u16 by = f->by;

	if ((by & WIRE_BY_BUS && f->bus != ep >> 16) ||
	    (by & WIRE_BY_ADDRESS && f->address != (ep >> 8 & 0xff)) ||
	    (by & WIRE_BY_VID && f->vid != facts->vid) ||
	    (by & WIRE_BY_PID && f->pid != facts->pid) ||
	    (by & WIRE_BY_ENDPOINT && f->endpoint != (ep & 0xff)) ||
	    (by & WIRE_BY_IN && !(ep & 0x80)) || (by & WIRE_BY_OUT && ep & 0x80) ||
	    (by & WIRE_BY_TYPE && f->type != (facts->head.flags & WIRE_TYPE_MASK)))
		return false;
	if (by & WIRE_BY_PATH && !same_string(facts->path, f->path, WIRE_PATH))
		return false;
	if (by & WIRE_BY_DRIVER && !same_string(facts->driver, f->driver, WIRE_DRIVER))
		return false;
	return true;
}

static __always_inline __u64 stream_bit(__u16 stream)
{
	return 1ULL << (stream < 63 ? stream : 63);
}

static __always_inline __u64 watched_streams(const struct wire_facts *facts)
{
	__u64 streams = 0;

	if (!config.filter_cnt)
		return ~0ULL;
	for (int i = 0; i < WIRE_FILTERS_MAX; i++) {
		const volatile struct wire_filter *f = &config.filters[i];

		if (i >= config.filter_cnt)
			break;
		if (filter_matches(f, facts))
			streams |= f->by & WIRE_BY_STREAM ? stream_bit(f->stream) : ~0ULL;
	}
	return streams;
}

static __always_inline bool endpoint_watched(const struct wire_endpoint *known, __u16 stream)
{
	/* no room in the map: rather too much than too little, the agent looks once more */
	return !known || known->streams & stream_bit(stream);
}

static __always_inline void read_facts(struct wire_facts *facts, struct usb_device *dev,
				       struct usb_host_endpoint *ep, struct device_driver *driver)
{
	facts->vid = BPF_CORE_READ(dev, descriptor.idVendor);
	facts->pid = BPF_CORE_READ(dev, descriptor.idProduct);
	facts->speed = BPF_CORE_READ(dev, speed);
	facts->max_packet = BPF_CORE_READ(ep, desc.wMaxPacketSize);
	bpf_probe_read_kernel_str(facts->path, sizeof(facts->path),
				  BPF_CORE_READ(dev, dev.kobj.name));
	bpf_probe_read_kernel_str(facts->name, sizeof(facts->name), BPF_CORE_READ(dev, product));
	if (driver)
		bpf_probe_read_kernel_str(facts->driver, sizeof(facts->driver),
					  BPF_CORE_READ(driver, name));
}

OUT_OF_LINE int endpoint_read(__u32 key, __u64 dev_addr, __u64 ep_addr, __u64 now)
{
	struct usb_device *dev = (void *)dev_addr;
	struct usb_host_endpoint *ep = (void *)ep_addr;
	struct ep_device *ep_dev = BPF_CORE_READ(ep, ep_dev);
	struct wire_endpoint fresh = { .dev = dev_addr, .ep_dev = (__u64)ep_dev };
	struct device_driver *driver = endpoint_driver(dev, ep, ep_dev, &fresh.driver_at);
	struct wire_endpoint *old = bpf_map_lookup_elem(&endpoints, &key);
	struct wire_facts facts = {
		.head = {
			.time_ns = now,
			.ep = key,
			.kind = WIRE_FACTS,
			.flags = BPF_CORE_READ(ep, desc.bmAttributes) & 3,
		},
	};

	fresh.driver = (__u64)driver;
	fresh.lost_since = now;
	if (old) {
		fresh.lost = old->lost;
		fresh.lost_since = old->lost_since;
	}
	read_facts(&facts, dev, ep, driver);
	fresh.streams = watched_streams(&facts);
	if (can_have_streams(dev, ep))
		fresh.has_streams = BPF_CORE_READ(ep, streams);
	if (fresh.streams) {
		facts.head.flags |= WIRE_F_ENDPOINT;
		/* no room is no loss: they are told with the next submission */
		fresh.told = !bpf_ringbuf_output(&ring, &facts, sizeof(facts),
						  BPF_RB_NO_WAKEUP);
		if (fresh.told && can_have_streams(dev, ep))
			fresh.told = !streams_are(key, facts.head.flags & WIRE_TYPE_MASK,
						  fresh.has_streams, now);
	} else {
		fresh.told = 1;
	}
	bpf_map_update_elem(&endpoints, &key, &fresh, BPF_ANY);
	return 0;
}

/*
 * `ep_dev` is ep->ep_dev: the probes load it directly, a walk has to read it. usb_disable_device() takes it
 * away before the driver lets go: that there is none is no news of the driver.
 */
static __always_inline struct wire_endpoint *endpoint_learn(__u32 key, struct usb_device *dev,
							    struct usb_host_endpoint *ep,
							    __u64 ep_dev, __u64 now)
{
	struct wire_endpoint *known = bpf_map_lookup_elem(&endpoints, &key);
	__u64 unused;

	if (known && known->told && known->dev == (__u64)dev &&
	    (same_driver(known, ep_dev) || !ep_dev ||
	     (!known->driver && !endpoint_driver(dev, ep, (void *)ep_dev, &unused))))
		return known;
	endpoint_read(key, (__u64)dev, (__u64)ep, now);
	return bpf_map_lookup_elem(&endpoints, &key);
}
