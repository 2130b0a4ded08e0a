import path from 'node:path';
import type { TargetProgram } from '../model/target.ts';

type Words = readonly [program: string, ...words: string[]];

/** How a program is built in a folder that holds a copy of its source. */
export interface Recipe {
  /** Written beside the source: what names the library and its version to the package client. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly steps: readonly Words[];
  /** What is not needed to run it, by its name in the folder. */
  readonly leftovers?: readonly string[];
  /** What starts it once its folder is in its place. */
  readonly command: (place: string) => Words;
}

interface Language {
  /** Commands that succeed where the language and its package client are there. */
  readonly needs: readonly Words[];
  readonly says: (library: string, version: string) => Recipe;
}

/** How each language builds: with its own package client, as that is set up on this machine. */
export const recipes: Readonly<Record<TargetProgram['language'], Language>> = {
  python: {
    needs: [['python3', '-m', 'pip', '--version']],
    // The interpreter that builds is the one that runs, whatever PATH says later. Wheels only: nothing of a package runs while it is installed.
    says: (library, version) => ({
      steps: [
        ['python3', '-m', 'venv', '--without-pip', 'python'],
        `python3 -m pip install --quiet --disable-pip-version-check --only-binary :all: --target library ${library}==${version}`.split(
          ' ',
        ) as [string, ...string[]],
      ],
      command: (place) => [
        path.join(place, 'python', 'bin', 'python'),
        path.join(place, 'main.py'),
      ],
    }),
  },
  go: {
    needs: [['go', 'version']],
    says: (library, version) => ({
      files: { 'go.mod': `module program\n\ngo 1.21\n\nrequire ${library} v${version}\n` },
      // The toolchain that is here, whatever a module asks for; the lock file (go.sum) is made by the build.
      environment: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
      steps: [['go', 'build', '-o', 'program', '.']],
      command: (place) => [path.join(place, 'program')],
    }),
  },
  rust: {
    needs: [['cargo', '--version']],
    says: (library, version) => ({
      files: { 'Cargo.toml': cargoFile(library, version) },
      environment: { CARGO_TARGET_DIR: 'target' },
      steps: [
        ['cargo', 'build', '--quiet', '--release'],
        ['cp', 'target/release/program', 'program'],
      ],
      leftovers: ['target'],
      command: (place) => [path.join(place, 'program')],
    }),
  },
  java: {
    needs: [
      ['javac', '-version'],
      ['mvn', '--version'],
    ],
    says: (library, version) => ({
      files: { 'pom.xml': mavenFile(library, version) },
      steps: [
        'mvn --batch-mode --quiet dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=library'.split(
          ' ',
        ) as [string, ...string[]],
        ['javac', '-cp', 'library/*', '-d', 'classes', 'Main.java'],
      ],
      command: (place) => [
        'java',
        '-XX:+UseSerialGC',
        '-cp',
        `${path.join(place, 'classes')}:${path.join(place, 'library', '*')}`,
        'Main',
      ],
    }),
  },
};

function cargoFile(library: string, version: string): string {
  return `[package]
name = "program"
version = "0.0.0"
edition = "2021"

[[bin]]
name = "program"
path = "main.rs"

[dependencies]
${library} = { version = "=${version}", default-features = false, features = ["tokio-comp", "connection-manager"] }
tokio = { version = "1", features = ["rt", "macros", "io-std", "io-util", "sync", "time"] }
serde_json = "1"
base64 = "0.22"

[profile.release]
opt-level = 1
`;
}

function mavenFile(library: string, version: string): string {
  const [group, artifact] = library.split(':');
  const dependency = (groupId = '', artifactId = '', exact = ''): string =>
    `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${exact}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>program</groupId><artifactId>program</artifactId><version>0</version>
  <dependencies>
    ${dependency(group, artifact, version)}
    ${dependency('com.google.code.gson', 'gson', '2.11.0')}
  </dependencies>
</project>
`;
}
