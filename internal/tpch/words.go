package tpch

import "strings"

// The lists of clause 4.2.3: nations are in the order of their keys, with the key of their region.
var (
	regions = strings.Split("AFRICA,AMERICA,ASIA,EUROPE,MIDDLE EAST", ",")
	nations = []struct {
		name   string
		region int64
	}{
		{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1}, {"EGYPT", 4}, {"ETHIOPIA", 0}, {"FRANCE", 3},
		{"GERMANY", 3}, {"INDIA", 2}, {"INDONESIA", 2}, {"IRAN", 4}, {"IRAQ", 4}, {"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0},
		{"MOROCCO", 0}, {"MOZAMBIQUE", 0}, {"PERU", 1}, {"CHINA", 2}, {"ROMANIA", 3}, {"SAUDI ARABIA", 4}, {"VIETNAM", 2},
		{"RUSSIA", 3}, {"UNITED KINGDOM", 3}, {"UNITED STATES", 1},
	}

	colours = strings.Fields(`almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished
		chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest
		frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen
		magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru pink
		plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan
		thistle tomato turquoise violet wheat white yellow`)
	typeSizes      = strings.Fields("STANDARD SMALL MEDIUM LARGE ECONOMY PROMO")
	typeFinishes   = strings.Fields("ANODIZED BURNISHED PLATED POLISHED BRUSHED")
	typeMetals     = strings.Fields("TIN NICKEL BRASS STEEL COPPER")
	containerSizes = strings.Fields("SM LG MED JUMBO WRAP")
	containerKinds = strings.Fields("CASE BOX BAG JAR PKG PACK CAN DRUM")
	segments       = strings.Fields("AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD")
	priorities     = strings.Split("1-URGENT,2-HIGH,3-MEDIUM,4-NOT SPECIFIED,5-LOW", ",")
	instructions   = strings.Split("DELIVER IN PERSON,COLLECT COD,NONE,TAKE BACK RETURN", ",")
	modes          = strings.Split("REG AIR,AIR,RAIL,SHIP,TRUCK,MAIL,FOB", ",")
)

// The parts of speech of clause 4.2.2.14, each word with how often it is drawn; a word that stands alone is drawn
// once. The underscore is a space.
var (
	nouns = weighted(`packages:40 requests:40 accounts:40 deposits:40 foxes:20 ideas:20 theodolites:20 pinto_beans:20 instructions:20
		dependencies:10 excuses:10 platelets:10 asymptotes:10 courts:5 dolphins:5 multipliers sauternes warthogs frets dinos attainments
		somas Tiresias' patterns forges braids hockey_players frays warhorses dugouts notornis epitaphs pearls tithes waters orbits gifts
		sheaves depths sentiments decoys realms pains grouches escapades`)
	verbs = weighted(`sleep:20 wake:20 are:20 cajole:20 haggle:20 nag:10 use:10 boost:10 affix:5 detect:5 integrate:5 maintain nod was lose
		sublate solve thrash promise engage hinder print x-ray breach eat grow impress mold poach serve run dazzle snooze doze unwind
		kindle play hang believe doubt`)
	adjectives = weighted(`special:20 pending:20 unusual:20 express:20 regular:50 final:40 ironic:40 even:30 bold:20 silent:10 furious sly
		careful blithe quick fluffy slow quiet ruthless thin close dogged daring brave stealthy permanent enticing idle busy`)
	adverbs = weighted(`furiously:50 slyly:50 carefully:50 blithely:40 quickly:30 fluffily:20 sometimes always never slowly quietly
		ruthlessly thinly closely doggedly daringly bravely stealthily permanently enticingly idly busily regularly finally ironically
		evenly boldly silently`)
	prepositions = weighted(`about:50 above:50 according_to:50 across:50 after:50 against:40 along:40 alongside_of:30 among:30 around:20
		at:10 atop before behind beneath beside besides between beyond by despite during except for from in_place_of inside instead_of
		into near of on outside over past since through throughout to toward under until up upon without with within`)
	auxiliaries = weighted(`do may might shall will would can could should ought_to must will_have_to shall_have_to could_have_to
		should_have_to must_have_to need_to try_to`)
	terminators = weighted(`.:50 ; : ? ! --`)
)
