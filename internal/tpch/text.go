package tpch

import (
	"strconv"
	"strings"
	"sync"
)

// poolBytes is the size of the pseudo text of which comments are substrings (clause 4.2.2.10 has 300 MB; this much
// makes two equal comments of a table as rare as the queries can tell).
const poolBytes = 8 << 20

// pool is written once, the same for every seed.
var pool = sync.OnceValue(func() string {
	r := stream(0, streamText, 0)
	b := make([]byte, 0, poolBytes+512)
	for len(b) < poolBytes {
		b = append(sentence(b, &r), ' ')
	}
	return string(b[:poolBytes])
})

// text draws a comment of lo to hi characters.
func (r *random) text(lo, hi int64) string {
	n := r.between(lo, hi)
	at := r.below(int64(len(pool())) - n)
	return pool()[at : at+n]
}

const addressLetters = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,."

// address draws 10 to 40 letters, as clause 4.2.2.7 wants a random v-string.
func (r *random) address() string {
	b := make([]byte, r.between(10, 40))
	for i := range b {
		b[i] = addressLetters[r.below(int64(len(addressLetters)))]
	}
	return string(b)
}

// phone draws a number of a nation: its country's code and 3, 3 and 4 digits.
func (r *random) phone(nation int64) string {
	b := strconv.AppendInt(make([]byte, 0, 15), nation+10, 10)
	for _, hi := range []int64{999, 999, 9999} {
		b = strconv.AppendInt(append(b, '-'), r.between((hi+1)/10, hi), 10)
	}
	return string(b)
}

// numbered writes a name such as Clerk#000000007.
func numbered(prefix string, n int64) string {
	digits := strconv.FormatInt(n, 10)
	return prefix + "000000000"[min(9, len(digits)):] + digits
}

// weighted reads words, each repeated as often as the number behind its colon says.
func weighted(list string) []string {
	var out []string
	for _, item := range strings.Fields(list) {
		word, times := item, 1
		if at := strings.LastIndexByte(item, ':'); at > 0 {
			if n, err := strconv.Atoi(item[at+1:]); err == nil {
				word, times = item[:at], n
			}
		}
		for range times {
			out = append(out, strings.ReplaceAll(word, "_", " "))
		}
	}
	return out
}

// Shapes of the grammar, by weight: N and V are phrases, P a prepositional one, T the end of the sentence; within phrases
// n, v, j, d, x, p are parts of speech.
var (
	sentences   = weighted("NVT:3 NVPT:3 NVNT:3 NPVNT NPVPT")
	nounPhrases = weighted("n:10 jn:20 j,jn:10 djn:50")
	verbPhrases = weighted("v:30 xv vd:40 xvd")
)

func sentence(b []byte, r *random) []byte {
	for _, c := range r.pick(sentences) {
		switch c {
		case 'N':
			b = phrase(b, r, r.pick(nounPhrases))
		case 'V':
			b = phrase(b, r, r.pick(verbPhrases))
		case 'P':
			b = append(spaced(b, r.pick(prepositions)), " the"...)
			b = phrase(b, r, r.pick(nounPhrases))
		case 'T':
			b = append(b, r.pick(terminators)...)
		}
	}
	return b
}

func phrase(b []byte, r *random, shape string) []byte {
	for _, c := range shape {
		switch c {
		case 'n':
			b = spaced(b, r.pick(nouns))
		case 'v':
			b = spaced(b, r.pick(verbs))
		case 'j':
			b = spaced(b, r.pick(adjectives))
		case 'd':
			b = spaced(b, r.pick(adverbs))
		case 'x':
			b = spaced(b, r.pick(auxiliaries))
		case ',':
			b = append(b, ',')
		}
	}
	return b
}

// spaced appends a word, behind a space unless one stands there already.
func spaced(b []byte, word string) []byte {
	if len(b) > 0 && b[len(b)-1] != ' ' {
		b = append(b, ' ')
	}
	return append(b, word...)
}
