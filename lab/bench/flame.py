#!/usr/bin/env python3
"""A flame graph of a JFR recording: flame.py agent.jfr > flame.svg.  Width is samples, the root is below; hover for names.

flame.py --thread kernel agent.jfr     only threads whose names begin so
"""
import argparse, collections, html, json, os, subprocess

WIDTH, ROW, LEAST = 1600, 17, 0.4  # pixels; a frame narrower than the last is left out


def stacks(file, thread):
    """Stack (root first) -> samples."""
    jfr = os.path.join(os.environ["JAVA_HOME"], "bin", "jfr") if "JAVA_HOME" in os.environ else "jfr"
    text = subprocess.run([jfr, "print", "--json", "--stack-depth", "200", "--events", "jdk.ExecutionSample,jdk.NativeMethodSample", file],
                          stdout=subprocess.PIPE, check=True).stdout
    found = collections.Counter()
    for event in json.loads(text)["recording"]["events"]:
        values = event["values"]
        name = (values.get("sampledThread") or {}).get("javaName") or "?"
        if name.startswith(thread) and values.get("stackTrace"):
            frames = [f["method"]["type"]["name"].replace("/", ".") + "." + f["method"]["name"] for f in values["stackTrace"]["frames"]]
            found[(name, *reversed(frames))] += 1
    return found


def draw(found):
    """Boxes of (depth, first sample, samples, name), wide ones only."""
    boxes, total = [], sum(found.values())

    def level(some, depth, left):
        by = collections.defaultdict(list)
        for stack, count in some:
            if len(stack) > depth:
                by[stack[depth]].append((stack, count))
        for name in sorted(by):
            count = sum(c for _, c in by[name])
            if count * WIDTH / total >= LEAST:
                boxes.append((depth, left, count, name))
                level(by[name], depth + 1, left)
            left += count

    level(list(found.items()), 0, 0)
    return boxes, total


def svg(boxes, total):
    height = ROW * (max((b[0] for b in boxes), default=0) + 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace" font-size="11">']
    for depth, left, count, name in boxes:
        x, w, y = left * WIDTH / total, count * WIDTH / total, height - ROW * (depth + 1)
        hue = 20 + sum(name.split(".")[1].encode()) % 40 if "." in name else 200
        label = html.escape(".".join(name.split(".")[-2:])[:int(w / 6.7)])
        out.append(f'<g><title>{html.escape(name)}: {count} samples, {100 * count / total:.1f} %</title>'
                   f'<rect x="{x:.1f}" y="{y}" width="{w:.1f}" height="{ROW - 1}" fill="hsl({hue},80%,70%)"/>'
                   f'<text x="{x + 2:.1f}" y="{y + 12}">{label}</text></g>')
    return "\n".join(out + ["</svg>"])


ap = argparse.ArgumentParser()
ap.add_argument("file")
ap.add_argument("--thread", default="")
o = ap.parse_args()
print(svg(*draw(stacks(o.file, o.thread))))
