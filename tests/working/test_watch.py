"""`make lab90-watch` in a real terminal, driven by keys."""

from tests.working.conftest import SKELETON, Kit, Tmux

OPEN = "90.1 double is still to be written"


def test_a_task_is_taken_from_todo_to_done_and_the_next_one_only_by_a_key(kit: Kit, tmux: Tmux) -> None:
    tmux.type("make lab90-watch; echo gone | tr a-z A-Z", "Enter")
    shown = tmux.until(OPEN, "0 of 3 tasks pass")
    assert "Next: write double in labs/lab90_numbers/first.py:6" in shown
    kit.save("first.py", SKELETON, "    return x * x\n")
    shown = tmux.until("→ You square", without="checking")
    assert "called with x = 3" in shown and "Next: fix double in labs/lab90_numbers/first.py:6" in shown
    kit.save("first.py", "x * x", "x + x")
    shown = tmux.until("passes all checks here: 0.8 of its 2 points", "1 of 3 tasks pass", without="checking")
    assert "You have written: Twice x." in shown
    assert "Press n for 90.2 shift in labs/lab90_numbers/first.py:11" in shown
    for _ in ("shift", "shift_back"):
        kit.save("first.py", SKELETON, "    return xs\n")
    tmux.until("lab90  90.1 double", "■■□ 1 of 3", without="checking")
    tmux.type("n")
    tmux.until("lab90  90.2 shift", "✗ shift", "Next: fix shift", without="checking")
    tmux.type("h")
    tmux.until("90.2 shift, shift_back, hint 1 of 2:", "By how much?")
    tmux.type("l", "Down", "Enter")
    tmux.until("lab90  90.3 total", "90.3 total is still to be written", without="checking")
    tmux.type("q")
    tmux.until("GONE", without="q quit")
    tmux.type("make lab90-watch", "Enter")
    tmux.until("lab90  90.3 total", "■■□ 1 of 3", without="checking")
    tmux.type("a")
    tmux.until("90.1 double", "✓ passed", "✗ failed", "> 90.3 total", "○ todo", without="checking")


def test_a_task_is_taken_to_done_in_chinese(kit: Kit, tmux: Tmux) -> None:
    kit.lab.joinpath("texts.zh.toml").write_text('[checks]\ndoubled = "一个数的两倍。"\n', encoding="utf-8")
    tmux.type("LAB_LANG=zh make lab90-watch", "Enter")
    tmux.until("下一步：编写 double（在 labs/lab90_numbers/first.py:6）")
    kit.save("first.py", SKELETON, "    return x + x\n")
    shown = tmux.until("3 个任务中通过 1 个", without="正在检查")
    assert "你已经写好了：一个数的两倍。" in shown and "Twice x." not in shown


def test_faults_are_met_in_words_and_watching_goes_on(kit: Kit, tmux: Tmux) -> None:
    tmux.type("make lab90-watch TASK=double", "Enter")
    tmux.until(OPEN)
    kit.save("first.py", SKELETON, "    return (x\n")
    tmux.until("first.py, line 8", "was never closed", without="checking")
    kit.save("first.py", "    return (x\n", "    while True: pass\n")
    tmux.until("it was stopped after 0.3 seconds", without="checking")
    kit.save("first.py", "    while True: pass\n", "    print('x is', x)\n    import os; os.kill(os.getpid(), 11)\n")
    tmux.until("Your code ended the process that runs it: a library crashed (SIGSEGV).", without="checking")
    whole = (kit.lab / "first.py").read_text(encoding="utf-8")
    (kit.lab / "first.py").unlink()
    tmux.until("first.py is missing", without="checking")
    (kit.lab / "first.py").write_text(whole.replace("    import os; os.kill(os.getpid(), 11)\n", ""), encoding="utf-8")
    tmux.until("It printed:", "    x is 3.0", without="checking")
    tmux.type("r")
    tmux.until("Put double in first.py back to the skeleton?")
    tmux.type("y")
    tmux.until(OPEN, "double in first.py: back to the skeleton. What was there is kept in", without="checking")
    assert "x is" not in (kit.lab / "first.py").read_text(encoding="utf-8")


def test_what_never_ends_is_given_up_at_the_next_save(kit: Kit, tmux: Tmux) -> None:
    kit.save("checks.py", '@check("double", points=2)', '@check("double", points=2, seconds=1000)')
    kit.save("first.py", SKELETON, "    while True: pass\n")
    tmux.type("make lab90-watch", "Enter")
    tmux.until("checking … 1 s")
    kit.save("first.py", "while True: pass", "return x + x")
    tmux.until("90.1 double passes all checks here", without="checking")


def test_the_terminal_is_left_as_it_was_found(kit: Kit, tmux: Tmux) -> None:
    same = "stty -g > after; cmp before after && echo the same | tr a-z A-Z"
    tmux.type("echo above; stty -g > before; make lab90-watch", "Enter")
    tmux.until(OPEN)
    tmux.resize(50, 12)
    narrow = tmux.until("h hint   n next   a all   l list   r reset   q", OPEN)
    assert all(len(line) <= 50 for line in narrow.splitlines())
    tmux.resize(80, 24)
    tmux.until("q quit   Enter checks again")
    tmux.type("C-z")
    tmux.until("Stopped", "above", without="q quit")
    tmux.type(f"clear; {same}; fg", "Enter")
    tmux.until(OPEN, "q quit", without="THE SAME")
    tmux.type("C-c")
    tmux.until("THE SAME", without="q quit")
    tmux.type(f"clear; {same}", "Enter")
    shown = tmux.until("THE SAME", without="fg")
    assert "Error" not in shown and "Traceback" not in shown


def test_sigterm_leaves_the_terminal_as_it_was_found(kit: Kit, tmux: Tmux) -> None:
    tmux.type(
        "stty -g > before; $LABKIT_PYTHON -m grader watch 90; echo code $?; stty -g > after; cmp before after", "Enter"
    )
    tmux.until(OPEN, "q quit")
    tmux.terminate("grader watch 90")
    shown = tmux.until("code 143", without="q quit")
    assert "differ" not in shown
