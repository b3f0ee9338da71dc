package yamldoc

import "testing"

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`dsn: "postgres://u:a@b@h/db"`:                 `dsn: "postgres://u:***@h/db"`,
		`dsn: "postgres://u:${PW}@h/db"`:               `dsn: "postgres://u:${PW}@h/db"`,
		`dsn: "postgres://u@h:5432/db"`:                `dsn: "postgres://u@h:5432/db"`,
		`dsn: "host=h password=x${PW}é user=u"`:        `dsn: "host=h password=*${PW}* user=u"`,
		`dsn: "host=h password = 'a b' user=u"`:        `dsn: "host=h password = ***** user=u"`,
		`{password: hunter2, user: u}`:                 `{password: ******** user: u}`,
		`"password": "a b", user: u`:                   `"password": *****, user: u`,
		`postgres://h/db?password=abc&sslmode=require`: `postgres://h/db?password=***&sslmode=require`,
		`server=h;pwd=a b c;database=d`:                `server=h;pwd=****************`,
		`server=h;password=${PW};database=d`:           `server=h;password=${PW}***********`,
		`odbc:server=h;pwd={a;b}};c};database=d`:       `odbc:server=h;pwd={*******};database=d`,
		`server=h;password="a;b";database=d`:           `server=h;password=*****;database=d`,
		`fedauth=x;client secret = abc;database=d`:     `fedauth=x;client secret = **************`,
		`sqlserver://u:a@h?database=d`:                 `sqlserver://u:*@h?database=d`,
		`pseudonym_key: hunter2 # x`:                   `pseudonym_key: ******* # x`,
		`{key: "00112233445566778899AABBCCDDEEFF0"}`:   `{key: "*********************************"}`,
		`{key: "${KEY}"}`:                              `{key: "${KEY}"}`,
	} {
		if got := maskLine(in); got != want {
			t.Errorf("%s\nbecomes %s\nnot     %s", in, got, want)
		}
	}
}
