package peers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// trinoReleases say which release runs on a JDK: each on that version and later ones, as Trino's release notes require. Of those that need no later
// JDK than the one found, the last is taken. Releases between them need JDKs between; they are not on Maven Central as a tarball, or only sometimes.
var trinoReleases = []struct {
	jdk     int
	release string
}{{11, "368"}, {24, "476"}}

// trinoRelease is an unpacked release and the java to run it with.
type trinoRelease struct {
	dir, release string
	java, jdk    string
}

// findTrino finds a java and an unpacked release, which is unpacked and downloaded where that is needed and permitted.
func findTrino(ctx context.Context, o Options) (trinoRelease, error) {
	var found trinoRelease
	var err error
	if found.java, found.jdk, err = findJava(ctx); err != nil {
		return found, err
	}
	dir, err := o.directory()
	if err != nil {
		return found, err
	}
	tarball := func() (string, error) { return o.TrinoTarball, nil }
	if o.TrinoTarball != "" {
		if found.release, err = releaseOf(o.TrinoTarball); err != nil {
			return found, err
		}
	} else {
		if found.release, err = releaseFor(found.jdk); err != nil {
			return found, err
		}
		tarball = func() (string, error) { return trinoTarball(ctx, o, found.release) }
	}
	found.dir, err = kept(dir, "trino-server-"+found.release, func(into string) error {
		file, err := tarball()
		if err != nil {
			return err
		}
		o.say("trino: unpacking %s", filepath.Base(file))
		return unpackTrino(ctx, file, into)
	})
	return found, err
}

var javaVersion = regexp.MustCompile(`version "(\d+)[^"]*"`)

// findJava returns the program and its version, "17".
func findJava(ctx context.Context) (program, version string, err error) {
	program, err = exec.LookPath("java")
	if home := os.Getenv("JAVA_HOME"); home != "" {
		if own, homeErr := exec.LookPath(filepath.Join(home, "bin", "java")); homeErr == nil {
			program, err = own, nil
		}
	}
	if err != nil {
		return "", "", lacks("java is neither in JAVA_HOME nor in PATH: install a JDK, version 17 for example")
	}
	out, err := run(ctx, exec.Command(program, "-version"))
	if err != nil {
		return "", "", lacks("java does not run (%v: %s): install a JDK, version 17 for example", err, telling(out, "Error"))
	}
	m := javaVersion.FindStringSubmatch(out)
	if m == nil {
		return "", "", lacks("java does not say its version: install a JDK, version 17 for example")
	}
	return program, m[1], nil
}

// releaseFor picks the release for a JDK.
func releaseFor(jdk string) (string, error) {
	have, err := strconv.Atoi(jdk)
	if err != nil {
		return "", err
	}
	release := ""
	for _, r := range trinoReleases {
		if r.jdk <= have {
			release = r.release
		}
	}
	if release == "" {
		return "", lacks("no release of Trino runs on JDK %s: install JDK %d or later, 17 for example", jdk, trinoReleases[0].jdk)
	}
	return release, nil
}

var tarballName = regexp.MustCompile(`^trino-server-(\d+)\.tar\.gz$`)

func releaseOf(tarball string) (string, error) {
	m := tarballName.FindStringSubmatch(filepath.Base(tarball))
	if m == nil {
		return "", lacks("%s is not named trino-server-N.tar.gz, N being the release: give the tarball of Trino's server under its own name", filepath.Base(tarball))
	}
	return m[1], nil
}

// trinoTarball returns the tarball in Maven's local repository, which Maven fills.
func trinoTarball(ctx context.Context, o Options, release string) (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	repository := filepath.Join(home, ".m2", "repository")
	file := filepath.Join(repository, "io", "trino", "trino-server", release, "trino-server-"+release+".tar.gz")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	artifact := "io.trino:trino-server:" + release + ":tar.gz"
	if !o.Download {
		return "", lacks("%s is not in Maven's local repository, and downloads are not permitted: permit them, or name a local tarball", artifact)
	}
	maven, err := exec.LookPath("mvn")
	if err != nil {
		return "", lacks("mvn is not in PATH, and %s has to be downloaded: install Maven, or name a local tarball", artifact)
	}
	o.say("trino: downloading %s, about 650 MB", artifact)
	out, err := run(ctx, exec.Command(maven, "--batch-mode", "--quiet", "-Dmaven.repo.local="+repository,
		"org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get", "-Dtransitive=false", "-Dartifact="+artifact))
	if err != nil {
		return "", lacks("Maven cannot get %s (%v: %s): where Maven Central can be reached, run again, or name a local tarball", artifact, err,
			telling(out, "Could not", "ERROR"))
	}
	return file, nil
}
