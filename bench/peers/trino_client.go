package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// trinoClient speaks Trino's client protocol: a statement is posted, and its pages are fetched by following nextUri
// (https://trino.io/docs/current/develop/client-protocol.html).
type trinoClient struct {
	url  string
	http *http.Client
}

func newTrinoClient(url string) *trinoClient {
	return &trinoClient{url: url, http: &http.Client{Transport: &http.Transport{DisableCompression: true}}}
}

func (c *trinoClient) close() { c.http.CloseIdleConnections() }

// trinoPage is one response.
type trinoPage struct {
	NextURI string              `json:"nextUri"`
	Columns []trinoColumn       `json:"columns"`
	Data    [][]json.RawMessage `json:"data"`
	Error   *trinoError         `json:"error"`
}

type trinoColumn struct{ Name, Type string }

// trinoError is what a query failed of.
type trinoError struct {
	Message   string `json:"message"`
	ErrorName string `json:"errorName"`
}

func (e *trinoError) Error() string { return "trino: " + e.ErrorName + ": " + e.Message }

// trinoPages are the columns and the rows of one query.
type trinoPages struct {
	columns []trinoColumn
	rows    [][]json.RawMessage
}

// query reads the whole answer. When the context ends first, the server is told to give the query up.
func (c *trinoClient) query(ctx context.Context, sql string) (trinoPages, error) {
	var out trinoPages
	page, err := c.fetch(ctx, http.MethodPost, c.url+"/v1/statement", sql)
	for {
		if err != nil {
			return out, err
		}
		if page.Error != nil {
			return out, page.Error
		}
		if out.columns == nil {
			out.columns = page.Columns
		}
		out.rows = append(out.rows, page.Data...)
		if page.NextURI == "" {
			return out, nil
		}
		next, nextErr := c.same(page.NextURI)
		if nextErr != nil {
			return out, nextErr
		}
		if page, err = c.fetch(ctx, http.MethodGet, next, ""); err != nil {
			c.cancel(ctx, next)
		}
	}
}

// same checks that an address is the server's: no answer sends this client elsewhere.
func (c *trinoClient) same(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil || !strings.HasPrefix(next, c.url+"/") {
		return "", errors.New("trino: the next page is at another server's address")
	}
	return u.String(), nil
}

// cancelTimeout is for telling the server that nobody waits for a query any more.
const cancelTimeout = 10 * time.Second

// cancel gives a query up. Whether that is heard changes nothing for the caller, who has an error to return.
func (c *trinoClient) cancel(ctx context.Context, next string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, next, nil)
	if err != nil {
		return
	}
	request.Header.Set("X-Trino-User", trinoUser)
	if response, err := c.http.Do(request); err == nil {
		_ = response.Body.Close() // of a response that nobody reads
	}
}

// trinoUser is the name under which queries run; nothing is asked of it.
const trinoUser = "bench"

// busyWait is how long to wait after a server said that it is busy; the protocol asks for 50 to 100 ms.
const busyWait = 50 * time.Millisecond

// fetch makes one request, again as long as the server is busy.
func (c *trinoClient) fetch(ctx context.Context, method, address, body string) (trinoPage, error) {
	for {
		page, busy, err := c.once(ctx, method, address, body)
		if !busy || err != nil {
			return page, err
		}
		select {
		case <-ctx.Done():
			return page, ctx.Err()
		case <-time.After(busyWait):
		}
	}
}

func (c *trinoClient) once(ctx context.Context, method, address, body string) (page trinoPage, busy bool, err error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return page, false, err
	}
	for name, value := range map[string]string{
		"User": trinoUser, "Source": "atoll-bench", "Catalog": "memory", "Schema": "default", "Time-Zone": "UTC",
		"Client-Capabilities": "PARAMETRIC_DATETIME", // else timestamps are cut to milliseconds
	} {
		request.Header.Set("X-Trino-"+name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return page, false, err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return page, false, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return page, false, json.Unmarshal(text, &page)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return page, true, nil
	}
	return page, false, fmt.Errorf("trino: %s: %s", response.Status, strings.TrimSpace(string(text[:min(len(text), 200)])))
}

// answer brings the values to PostgreSQL's texts.
func (p trinoPages) answer() (logictest.Answer, error) {
	var columns, types []string
	for _, c := range p.columns {
		columns, types = append(columns, c.Name), append(types, c.Type)
	}
	rows := make([][]*string, len(p.rows))
	for i, values := range p.rows {
		row := make([]*string, len(values))
		for k, v := range values {
			text, err := jsonText(v)
			if err != nil {
				return logictest.Answer{}, fmt.Errorf("trino: row %d: %w", i+1, err)
			}
			row[k] = text
		}
		rows[i] = row
	}
	return answerOf(columns, types, trinoTypes, rows)
}

// jsonText is a value as text: strings without their quotes, numbers and booleans as they stand, nil for null.
func jsonText(v json.RawMessage) (*string, error) {
	v = bytes.TrimSpace(v)
	text := string(v)
	switch {
	case text == "null":
		return nil, nil
	case len(v) > 0 && v[0] == '"':
		if err := json.Unmarshal(v, &text); err != nil {
			return nil, err
		}
	}
	return &text, nil
}
