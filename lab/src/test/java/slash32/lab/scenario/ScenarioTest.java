package slash32.lab.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.lab.scenario.ScenarioRun.Result;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

class ScenarioTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @BeforeEach
    void topology() throws IOException {
        Files.createDirectory(folder.resolve("expect"));
        Files.writeString(folder.resolve("one.clab.yml"), """
                name: s32scenario
                topology:
                  nodes:
                    n1: {kind: linux, image: "alpine:3", network-mode: none}
                """);
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnce() throws IOException {
        step("10.yml", """
                title: A step
                actions:
                  - {node: n2, run: "true"}
                  - {node: n1, run: "true", signal: KILL}
                  - {node: n1, run: "true", expect: "("}
                  - {pause: 1h}
                  - {node: n1, run: "true", expct: x}
                """);
        step("20.yml", "{title: Nothing, proves: nothing, meanwhile: [{pause: 1s}]}");
        assertThatThrownBy(() -> Scenario.read(folder))
                .hasMessageContaining("10.yml:1:1: error: proves: is missing")
                .hasMessageContaining("10.yml:3:5: error: actions[0].node: the topology has no node n2")
                .hasMessageContaining("10.yml:4:5: error: actions[1].: needs one of run, signal, start, pause")
                .hasMessageContaining("actions[2].expect: must be a regular expression: ")
                .hasMessageContaining("actions[3].pause: must be such as 500ms or 10s, was '1h'")
                .hasMessageContaining("actions[4].expct: unknown key, did you mean expect?")
                .hasMessageContaining("20.yml:1:47: error: meanwhile[0].run: only commands can go on meanwhile")
                .hasMessageContaining("actions: a step without an action shows nothing");
    }

    @Test
    void aFolderWithoutTopologyOrStepsIsNoScenario() throws IOException {
        assertThatThrownBy(() -> Scenario.read(folder)).hasMessageContaining("this folder has none");
        Files.delete(folder.resolve("one.clab.yml"));
        assertThatThrownBy(() -> Scenario.read(folder)).hasMessageContaining("has one *.clab.yml, this folder has 0");
    }

    @Test
    @InNetns
    void stepsAreTakenInOrderAndTheHostIsAsBefore() throws IOException {
        step("20-second.yml", """
                title: The second
                proves: that it runs after the first
                meanwhile:
                  - {node: n1, run: sleep 0.5; cat /tmp/made, expect: "made$", figure: "(m.)de"}
                actions:
                  - {node: n1, run: cat /tmp/made, expect: ^made$, refuse: other, show: true}
                  - {node: n1, signal: KILL}
                  - {node: n1, start: true}
                """);
        step("10-first.yml", """
                title: The first
                proves: that a command is tried again until it is as it has to be
                actions:
                  - {node: n1, run: "echo x >> /tmp/tries; wc -l < /tmp/tries", expect: "^3$", within: 10s}
                  - {node: n1, run: "echo made > /tmp/made; false", exit: 1}
                """);
        List<Result> results = run();
        assertThat(results).allMatch(Result::isPassed);
        assertThat(results)
                .extracting(Result::title)
                .containsExactly("lab up", "The first", "The second", "lab down, nothing left behind");
        assertThat(results.get(2).figures()).isEqualTo("ma");
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("| made").contains("proves: that it runs after");
        assertThat(ScenarioRun.summary(results)).endsWith("4 passed, 0 failed\n");
        assertThat(Command.run("ip", "netns", "list")).doesNotContain("s32scenario");
    }

    @Test
    @InNetns
    void aStepThatFailsEndsItAndSaysWhy() throws IOException {
        step("10.yml", doing("echo spoken; exit 3", ""));
        step("20.yml", doing("true", ""));
        List<Result> results = run();
        assertThat(results).extracting(Result::isPassed).containsExactly(true, false, true);
        assertThat(results.get(1).failure())
                .contains("n1 $ echo spoken; exit 3")
                .contains("exit code 3 instead of 0")
                .contains("spoken");
        assertThat(ScenarioRun.summary(results)).contains("2 passed, 1 failed");
        Path transcript = folder.resolve("clab-" + folder.getFileName() + ".transcript");
        assertThat(said.toString(StandardCharsets.UTF_8)).endsWith("transcript: " + transcript + "\n");
        assertThat(transcript).content().isEqualTo(said.toString(StandardCharsets.UTF_8));
    }

    @Test
    @InNetns
    void whatIsLeftBehindIsNamed() throws IOException {
        HostState before = HostState.now();
        Command.run("ip", "link", "add", "stray", "type", "bridge");
        Command.run("nft", "add", "table", "inet", "stray");
        assertThat(HostState.now().differences(before))
                .containsExactlyInAnyOrder("left behind: interface stray", "left behind: table inet stray");
        assertThat(before.differences(HostState.now()))
                .containsExactlyInAnyOrder("taken away: interface stray", "taken away: table inet stray");
    }

    @Test
    @InNetns
    void whatEndsBeforeTheActionsProvesNothing() throws IOException {
        step("10.yml", doing("sleep 1", "meanwhile: [{node: n1, run: \"true\"}]"));
        assertThat(run().get(1).failure()).contains("ended before the actions did");
    }

    private List<Result> run() throws IOException {
        return new ScenarioRun(Scenario.read(folder), false, out()).run();
    }

    private PrintStream out() {
        return new PrintStream(said, true, StandardCharsets.UTF_8);
    }

    private static String doing(String command, String more) {
        return "title: A step\nproves: something\nactions: [{node: n1, run: \"" + command + "\"}]\n" + more;
    }

    private void step(String file, String yaml) throws IOException {
        Files.writeString(folder.resolve("expect").resolve(file), yaml);
    }
}
