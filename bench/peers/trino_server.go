package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// trinoServer is a running server. It listens on a loopback address only.
type trinoServer struct {
	url     string
	process *process
	temp    string
}

// trinoStart is how long a server may take to start: some ten seconds where nothing else runs.
const trinoStart = 5 * time.Minute

// loopback is where the server listens and its clients find it.
const loopback = "127.0.0.1"

// startTrino starts the server and waits until it can be asked.
func startTrino(ctx context.Context, found trinoRelease, w World, memory int64) (_ *trinoServer, err error) {
	s := &trinoServer{}
	if s.temp, err = os.MkdirTemp("", "atoll-trino-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s.url = fmt.Sprintf("http://%s:%d", loopback, port)
	if err := s.configure(w, port, memory, found.release); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(s.temp, "log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(found.java, s.args(found, memory)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.temp, log, log
	s.process, err = launch(cmd)
	if err = errors.Join(err, log.Close()); err != nil {
		return nil, err
	}
	return s, s.await(ctx)
}

// args are java's. What a file named jvm.config and one named node.properties would say is said here.
func (s *trinoServer) args(found trinoRelease, memory int64) []string {
	return []string{
		"-server", fmt.Sprintf("-Xmx%dm", memory>>20), "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-XX:-OmitStackTraceInFastThrow",
		"-XX:ReservedCodeCacheSize=512M", "-Djdk.attach.allowAttachSelf=true", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8",
		"-Djava.io.tmpdir=" + s.temp,
		"-Dnode.environment=bench", "-Dnode.id=bench", "-Dnode.data-dir=" + filepath.Join(s.temp, "data"),
		// What it listens on, and what it tells itself of where it is.
		"-Dnode.bind-ip=" + loopback, "-Dnode.internal-address=" + loopback, "-Dnode.external-address=" + loopback,
		"-Dplugin.dir=" + filepath.Join(found.dir, "plugin"), "-Dcatalog.config-dir=" + filepath.Join(s.temp, "catalog"),
		"-Dconfig=" + filepath.Join(s.temp, "config.properties"),
		"-cp", filepath.Join(found.dir, "lib", "*"), "io.trino.server.TrinoServer",
	}
}

// configure writes the files that the server reads. One query may take most of the heap, since one runs at a time: by itself the server lets it have a tenth.
func (s *trinoServer) configure(w World, port int, memory int64, release string) error {
	most := fmt.Sprintf("query.max-memory-per-node=%dMB\nmemory.heap-headroom-per-node=%dMB\n", memory>>20*6/10, memory>>20*2/10)
	if n, err := strconv.Atoi(release); err == nil && n < 369 { // these have a second limit, of all that a query holds, which may not be lower
		most += fmt.Sprintf("query.max-total-memory-per-node=%dMB\n", memory>>20*6/10)
	}
	files := map[string]string{
		"config.properties":         fmt.Sprintf("coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port=%d\ndiscovery.uri=%s\n", port, s.url) + most,
		"catalog/memory.properties": "connector.name=memory\n", // keeps the views
	}
	for i, shard := range w.Shards {
		at := net.JoinHostPort(shard.Host, strconv.Itoa(shard.Port))
		files[fmt.Sprintf("catalog/shard_%d.properties", i)] = fmt.Sprintf(
			"connector.name=postgresql\nconnection-url=jdbc:postgresql://%s/%s\nconnection-user=%s\n", at, w.Database, shard.User)
	}
	if err := os.Mkdir(filepath.Join(s.temp, "catalog"), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.temp, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// await waits until the server says that it has started.
func (s *trinoServer) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, trinoStart)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for !s.started(ctx, client) {
		select {
		case <-s.process.exited:
			return lacks("the server ended while it started: %s", s.complaint())
		case <-ctx.Done():
			return lacks("the server has not started within %s: %s", trinoStart, s.complaint())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

func (s *trinoServer) started(ctx context.Context, client *http.Client) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/info", nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false // it does not listen yet
	}
	info := struct{ Starting bool }{true}
	err = json.NewDecoder(response.Body).Decode(&info)
	return errors.Join(err, response.Body.Close()) == nil && !info.Starting
}

// complaint is the line of the server's log that says most.
func (s *trinoServer) complaint() string {
	text, err := os.ReadFile(filepath.Join(s.temp, "log"))
	if err != nil {
		return err.Error()
	}
	return telling(string(text), "Error: ", "ERROR", "Exception", "requires")
}

// trinoGrace is how long a server may take to shut down before it is killed.
const trinoGrace = 10 * time.Second

// stop ends the server and removes its files.
func (s *trinoServer) stop() error {
	var err error
	if s.process != nil {
		err = s.process.stop(trinoGrace)
	}
	return errors.Join(err, os.RemoveAll(s.temp))
}

// freePort finds a port that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
