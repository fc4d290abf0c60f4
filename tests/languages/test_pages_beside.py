"""Two pages beside each other: each difference in substance is found, and a faithful translation has none."""

import pytest

from grader.author.pages_beside import english_in, faults_beside

ENGLISH = """# Lab 3: policy gradients

The loss is $-\\sum_t G_t \\log \\pi$. Call `reward_to_go` 2 times, and read [the guide](docs/working.md#films).

    make lab3       check all 9 tasks

| part | points |
| --- | --- |
| plot | 5 |

```python
x = 3  # three rewards
```

## Quiz (5 points)

1. Which?

   * a) The first.
   * b) The second.

Sutton et al., Policy Gradient Methods for Reinforcement Learning, 1999.
"""

CHINESE = """# 实验 3：策略梯度

损失是 $-\\sum_t G_t \\log \\pi$。调用 `reward_to_go` 2 次，并阅读[指南](docs/working.zh.md#电影)。

    make lab3       检查全部 9 个任务

| 部分 | 分数 |
| --- | --- |
| 曲线图 | 5 |

```python
x = 3  # 三个奖励
```

## 测验（5 分）

1. 哪一个？

   * a) 第一个。
   * b) 第二个。

Sutton et al., Policy Gradient Methods for Reinforcement Learning, 1999.
"""


def test_a_faithful_page_has_no_faults() -> None:
    assert list(faults_beside(ENGLISH, CHINESE)) == []


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ("## 测验", "### 测验", "heading 2 is ('h3', ['5']) and not ('h2', ['5'])"),
        ("（5 分）", "（6 分）", "heading 2 is ('h2', ['6']) and not ('h2', ['5'])"),
        ("`reward_to_go`", "reward_to_go", "spans: 'reward_to_go' is missing"),
        ("\\log \\pi$", "\\log p$", "formulas: '$-\\\\sum_t G_t \\\\log p$' is too much"),
        ("2 次", "3 次", "numbers: '2' is missing"),
        ("| 曲线图 | 5 |\n", "", "block 7 is ('fence', 'pyt') and not ('tr_open', '') (line 10)"),
        ("* b) ", "* c) ", "option 2 is c and not b"),
        ("x = 3", "x = 4", "a line of code is 'x = 4  # 三个奖励' and not 'x = 3  # three rewards'"),
        ("全部 9 个", "全部 8 个", "a line of code is"),
        ("docs/working.zh.md", "docs/docker.md", "links: 'docs/docker.md#' is too much"),
        ("第一个。", "The first one of two.", "left in English: 'The first one of two'"),
        ("## 测验（5 分）\n", "", "there are 1 headings and not 2"),
        ("1. 哪一个？\n", "哪一个？\n", "block"),
    ],
)
def test_a_difference_is_found(written: str, instead: str, fault: str) -> None:
    assert written in CHINESE
    found = list(faults_beside(ENGLISH, CHINESE.replace(written, instead)))
    assert any(each.startswith(fault) for each in found), found


def test_names_and_code_are_no_sentences() -> None:
    assert english_in("用 Visual Studio Code 打开，然后在 JupyterLab 里运行") == []
    assert english_in("许可证是 GNU Library or Lesser General Public License") == []
    assert english_in("请看 this was left as it was") == ["this was left as it was"]


def test_what_is_quoted_word_for_word_may_be_english() -> None:
    english = "# A\n\nChoose *check the lab of this file*. **Each of the checks runs.**\n"
    assert list(faults_beside(english, "# 一\n\n选 *check the lab of this file*。**每项检查都会运行。**\n")) == []
    [fault] = faults_beside(english, "# 一\n\n选 *check the lab of this file*。**Each of the checks runs.**\n")
    assert fault == "left in English: 'Each of the checks runs'"


def test_sums_of_money_are_no_formulas() -> None:
    assert list(faults_beside("# A\n\nIt costs $53 to $79.\n", "# 一\n\n要 $53 至 $79。\n")) == []
