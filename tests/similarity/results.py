"""Results of Dolos and JPlag for tests.

Their fields are those of files that the programs themselves wrote: Dolos 2.9.3, run on the folder of this kit, and the
results of JPlag 5.1.0 and 6.2.0 that lie in JPlag's repository.
"""

import json
import zipfile
from pathlib import Path

DOLOS = """\
id,leftFileId,leftFilePath,rightFileId,rightFilePath,similarity,totalOverlap,longestFragment,leftCovered,rightCovered
93,0,students/ada/losses.py,1,students/ben/losses.py,0.5413533834586466,144,21,72,72
94,0,students/ada/losses.py,2,students/cem/losses.py,0,0,0,0,0
99,1,students/ben/losses.py,4,students/eve/losses.py,0.25,100,77,50,50
100,1,students/ben/losses.py,4,students/ben/returns.py,1,100,77,50,50
"""


def dolos(folder: Path, table: str = DOLOS) -> Path:
    folder.mkdir(parents=True)
    (folder / "pairs.csv").write_text(table, encoding="utf-8")
    return folder


def packed(path: Path, files: dict[str, object]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data if isinstance(data, str | bytes) else json.dumps(data))
    return path


def jplag5(path: Path, separator: str = "/") -> Path:
    def match(tokens: int, name: str) -> dict[str, object]:
        files = {"file1": f"ada{separator}{name}", "file2": f"ben{separator}{name}"}
        return {**files, "start1": 1, "end1": 9, "start2": 1, "end2": 9, "tokens": tokens}

    overview = {
        "jplag_version": {"major": 5, "minor": 1, "patch": 0},
        "submission_id_to_display_name": {"ada": "ada", "ben": "ben", "cem": "cem"},
        "submission_ids_to_comparison_file_name": {"ada": {"ben": "ada-ben.json", "cem": "ada-cem.json"}},
        "top_comparisons": [
            {"first_submission": "ada", "second_submission": "cem", "similarities": {"MAX": 0.0, "AVG": 0.0}},
            {"first_submission": "ada", "second_submission": "ben", "similarities": {"MAX": 0.9, "AVG": 0.5}},
        ],
        "total_comparisons": 2,
    }
    comparison = {"id1": "ada", "id2": "ben", "matches": [match(20, "agent.py"), match(70, "returns.py")]}
    return packed(path, {"overview.json": overview, "ada-ben.json": comparison, "options.json": {}})


def jplag6(path: Path, separator: str = "/", longest: float = 315.0) -> Path:
    def match(length: int, name: str) -> dict[str, object]:
        place = {"line": 1, "column": 0, "tokenListIndex": 0}
        names = {"firstFileName": f"ada{separator}{name}", "secondFileName": f"ben{separator}{name}"}
        return {**names, "startInFirst": place, "endInFirst": place, "lengthOfFirst": length, "lengthOfSecond": length}

    measures = {"AVG": 0.99, "MAX": 1.0, "MAXIMUM_LENGTH": 1019.0, "LONGEST_MATCH": longest}
    mappings = {
        "submissionIds": {"ada": "ada", "ben": "ben"},
        "submissionIdsToComparisonFileName": {"ada": {"ben": "ada-ben.json"}, "ben": {"ada": "ada-ben.json"}},
    }
    comparison = {"firstSubmissionId": "ada", "secondSubmissionId": "ben", "matches": [match(315, "losses.py")]}
    return packed(
        path,
        {
            "runInformation.json": {"version": {"major": 6, "minor": 2, "patch": 0}},
            "submissionMappings.json": mappings,
            "topComparisons.json": [{"firstSubmission": "ada", "secondSubmission": "ben", "similarities": measures}],
            "comparisons/ada-ben.json": comparison,
        },
    )


JPLAG_TABLE = """\
submissionName1,submissionName2,averageSimilarity,maxSimilarity
ada,ben,0.5,0.75
ada,cem,0.0,0.0
"""
