// Package demo makes the world that `atoll demo` shows: housing cooperatives in three countries, each country's
// data on a shard in its own region. The same rows come out on every machine.
package demo

import "math/rand/v2"

// Payments is the number of rows in the payments table over all shards.
const Payments = 200_000

// Site is one shard of the demo and what lives there.
type Site struct {
	Shard        string
	Region       string
	Place        string // where the region is, for people
	Jurisdiction string

	payments int
	seed     uint64
	country  string
	currency string
	firstID  int32 // of its cooperatives; members and payments count from multiples of it
	coops    []coop
	fee      [2]int // bounds of a unit's monthly fee, in whole units of the currency
	given    []string
	family   []string
	methods  []string
	notes    []string
	mail     string
	taxID    func(*rand.Rand) string
}

type coop struct {
	name, city string
	founded    int // year
	weight     int // share of the site's members
}

// File is the name of the shard's database file.
func (s Site) File() string { return s.Shard + ".duckdb" }

// Cooperatives returns the ids of the site's cooperatives.
func (s Site) Cooperatives() []int32 {
	ids := make([]int32, len(s.coops))
	for i := range ids {
		ids[i] = s.firstID + int32(i)
	}
	return ids
}

// Sites are the shards of the demo. Do not change the slice.
var Sites = []Site{frankfurt, saoPaulo, virginia}

var frankfurt = Site{
	Shard: "eu-1", Region: "eu-central-1", Place: "Frankfurt", Jurisdiction: "EU",
	payments: 90_000, seed: 1, country: "DE", currency: "EUR", firstID: 101,
	coops: []coop{
		{"Baugenossenschaft Mainufer", "Frankfurt am Main", 1919, 9},
		{"Wohnen am Fluss eG", "Frankfurt am Main", 1998, 4},
		{"Neue Hufe eG", "Leipzig", 1904, 6},
		{"Genossenschaft Altona 1892", "Hamburg", 1892, 10},
		{"Gartenstadt Süd eG", "Nürnberg", 1921, 5},
		{"Selbstbau Kreuzberg eG", "Berlin", 1984, 3},
		{"Bergmannssiedlung Nord", "Bochum", 1911, 5},
		{"Wohnhof Weißensee eG", "Berlin", 2006, 2},
	},
	fee:     [2]int{420, 1450},
	given:   []string{"Anna", "Jürgen", "Fatma", "Lukas", "Zoë", "Piotr", "Marie", "Emre", "Käthe", "Sven", "Nguyen", "Björn", "Ilse", "Omar", "Renate", "Jan"},
	family:  []string{"Müller", "Schmidt", "Yılmaz", "Weiß", "Kowalski", "Schröder", "Özdemir", "Fischer", "Krüger", "Nowak", "Lang", "Hoffmann", "Tran", "Köhler", "Großmann", "Vogel", "Bauer"},
	methods: []string{"sepa", "sepa", "sepa", "transfer", "cash"},
	notes:   []string{"Sonderumlage Dach", "in zwei Raten gezahlt", "Mahnung verschickt", `telefonisch vereinbart, "beim nächsten Mal pünktlich"`, "Überzahlung verrechnet", ""},
	mail:    "example.de",
	taxID:   germanTaxID,
}

var saoPaulo = Site{
	Shard: "br-1", Region: "brazilsouth", Place: "São Paulo", Jurisdiction: "BR",
	payments: 70_000, seed: 2, country: "BR", currency: "BRL", firstID: 201,
	coops: []coop{
		{"Cooperativa Vila Mariana", "São Paulo", 1987, 10},
		{"Morar Bem Itaquera", "São Paulo", 2003, 7},
		{"Cooperativa Habitacional Sudeste", "Campinas", 1995, 5},
		{"Lar do Trabalhador", "Santos", 1978, 4},
		{"Cooperativa Nova Aliança", "Belo Horizonte", 2011, 4},
		{"Moradia Popular União", "Curitiba", 1999, 3},
	},
	fee:     [2]int{580, 2600},
	given:   []string{"João", "Maria", "Antônio", "Luísa", "Thiago", "Beatriz", "José", "Débora", "Akira", "Inês", "Rafael", "Conceição", "Caio", "Lívia", "Otávio"},
	family:  []string{"Silva", "Souza", "Gonçalves", "Araújo", "Nakamura", "Conceição", "Pereira", "Magalhães", "Assunção", "Lima", "Barros", "D'Ávila", "Teixeira", "Moura"},
	methods: []string{"pix", "pix", "pix", "boleto", "boleto", "card"},
	notes:   []string{"taxa extra: elevador", "pago em duas parcelas", "desconto por pontualidade", `acordo por telefone, "última vez"`, "multa perdoada", ""},
	mail:    "example.com.br",
	taxID:   brazilianTaxID,
}

var virginia = Site{
	Shard: "us-1", Region: "us-east-1", Place: "Virginia", Jurisdiction: "US",
	payments: 40_000, seed: 3, country: "US", currency: "USD", firstID: 301,
	coops: []coop{
		{"Potomac Terrace Cooperative", "Alexandria", 1968, 6},
		{"Shaw Street Homes", "Washington", 1981, 5},
		{"Penn South Row", "New York", 1962, 9},
		{"Fells Point Mutual", "Baltimore", 1974, 3},
		{"Old Mill Commons", "Richmond", 2015, 2},
	},
	fee:     [2]int{690, 2400},
	given:   []string{"James", "Aaliyah", "Wei", "Sofía", "Michael", "Grace", "Dwayne", "Priya", "Ellen", "Carlos", "Ruth", "Tyler", "Mei", "Siobhán"},
	family:  []string{"Johnson", "O'Brien", "García", "Chen", "Washington", "Patel", "Smith", "Nguyen", "Rosenberg", "Brown", "Kim", "Okafor", "Miller"},
	methods: []string{"ach", "ach", "ach", "card", "check"},
	notes:   []string{"roof assessment", "paid in two parts", "late fee waived", `agreed by phone, "last time"`, "credited from deposit", ""},
	mail:    "example.com",
	taxID:   americanTaxID,
}

// currency is a row of the reference table, which every shard holds whole.
type currency struct {
	code, name string
	minorUnits int16
	euroRate   int64 // euros for one unit, in millionths
}

var currencies = []currency{
	{"BRL", "Brazilian real", 2, 158_400},
	{"EUR", "euro", 2, 1_000_000},
	{"USD", "US dollar", 2, 862_100},
}
