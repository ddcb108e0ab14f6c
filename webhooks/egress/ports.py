"""Which ports may be called on a host that no entry of EGRESS_ALLOW opens by port: pure tables."""

OPEN_PORTS = frozenset({80, 443, 8080, 8443})
FIRST_FREE_PORT = 1024

_SERVICES: dict[str, tuple[int | range, ...]] = {
    "PostgreSQL, its poolers and kin: pgbouncer, Vertica, Redshift, CockroachDB": (5432, 5433, 5439, 6432, 26257),
    "MySQL": (3306, 33060),
    "SQL Server, Oracle, Sybase, DB2, Informix, Firebird": (
        *(1433, 1434, 1521, 1522, 1526, 1575, 1630, 2483, 2484, 2638, 3050, 9088, 9089, 50000),
    ),
    "Exasol, SAP HANA": (8563, 30013, 30015),
    "MongoDB, RethinkDB": (range(27017, 27021), 28015, 28017, 29015),
    "Redis with its sentinels and cluster bus, memcached": (6379, 6380, 11211, 16379, 26379),
    "Cassandra and ScyllaDB": (7000, 7001, 7199, 9042, 9142, 9160),
    "CouchDB, Couchbase": (5984, 6984, range(8091, 8097), 11207, 11210, range(18091, 18097)),
    "ArangoDB, Neo4j, Gremlin, Nebula": (8529, 7473, 7474, 7687, 8182, 9669),
    "InfluxDB, Riak": (8086, 8087, 8098),
    "Elasticsearch and OpenSearch, Kibana, Solr, Typesense, Meilisearch": (9200, 9300, 5601, 8983, 8108, 7700),
    "Milvus, Qdrant": (19530, 6333, 6334),
    "Hadoop, HBase, Spark, Hive": (
        *(8020, range(8030, 8034), 8042, 9083, 9864, 9870, 50070, 16000, 16010, 16020, 16030),
        *(6066, 7077),
    ),
    "ZooKeeper, Kafka, Pulsar": (2181, 2182, 2281, 2888, 3888, 9092, 9093, 9094, 6650),
    "ActiveMQ, RabbitMQ, IBM MQ, MQTT": (
        *(8161, range(61613, 61618), 5671, 5672, 15671, 15672, 25672, 1414, 1883, 8883),
    ),
    "NATS, NSQ, beanstalkd, Faktory, beats, fluentd": (
        *(4222, 6222, 8222, 4150, 4151, 4160, 4161, 11300, 7419, 5044, 24224),
    ),
    "Docker and its swarm, containerd": (range(2375, 2378), 7946, 10010),
    "Kubernetes: API, etcd, kubelet, controllers": (6443, 16443, 2379, 2380, range(10248, 10260)),
    "Consul, Nomad, Vault, Salt, Puppet": (
        *(range(8300, 8303), range(8500, 8504), 8600, range(4646, 4649), 8200, 8201, 4505, 4506, 8140),
    ),
    "NFS, iSCSI, Gluster, git, Subversion, rsync's and tapes' kin": (2049, 4045, 3260, 24007, 9418, 3690),
    "Directories: Active Directory's global catalogue": (3268, 3269),
    "Remote screens and shells: RDP, VNC, X11, WinRM, SSH elsewhere, adb, Selenium": (
        *(3389, range(5900, 5904), range(6000, 6064), 5985, 5986, 2222, 5037, 5555, 4444, 1494, 2598),
    ),
    "Java: RMI, GlassFish": (1090, 1098, 1099, 4848),
    "Erlang's port mapper, libvirt, Cisco's Smart Install": (4369, 16509, 16514, 4786),
    "Proxies, SOCKS, Tor": (1080, 3128, 9050, 9051),
    "Mail and sieve elsewhere than below 1024": (2525, 4190),
    "Telephony and chat: H.323, SIP, XMPP, IRC": (
        *(1719, 1720, 5060, 5061, 5222, 5269, range(6665, 6670), 6679, 6697),
    ),
    "Printing, scanning, tunnels, Amanda, Apple's remote administration": (9100, 6566, 1723, 10080, 3659),
}
"""Databases, caches, brokers and remote control above 1024: never a webhook. Those that browsers refuse are among them
(WHATWG Fetch, "port blocking"). Not here is what receivers in fact use: 3000, 5000, 5005 (Rasa), 8000 to 8010, 8065
(Mattermost), 8088 (Splunk's event collector), 8123 (Home Assistant), 8888, 9000, 9090, Cloudflare's 2052 to 2096."""

SERVICE_PORTS = frozenset(
    port for ports in _SERVICES.values() for one in ports for port in (one if isinstance(one, range) else (one,))
)


def is_ordinary(port: int) -> bool:
    """Return whether web servers listen on `port`, as far as one can tell."""
    return port in OPEN_PORTS or (port >= FIRST_FREE_PORT and port not in SERVICE_PORTS)
